/* Sends UDP datagrams as fast as the kernel takes them: flood ADDRESS PORT BYTES SECONDS. Prints how many it sent. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &to.sin_addr);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) return 1;
  static char bytes[2048];
  struct iovec piece = {bytes, atoi(argv[3])};
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    messages[i].msg_hdr.msg_iov = &piece;
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  long long sent = 0;
  for (double end = now() + atof(argv[4]); now() < end;) {
    int count = sendmmsg(fd, messages, BATCH, 0);
    if (count > 0) sent += count;
  }
  printf("%lld\n", sent);
  return 0;
}
