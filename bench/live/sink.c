/* Takes UDP datagrams and forgets them, so that no ICMP error answers: sink PORT. A line `ready` comes first. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int room = 1;
  /* Full at once: what does not fit is dropped, which is cheaper than reading it. */
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) return 1;
  printf("ready\n");
  fflush(stdout);
  pause();
  return 0;
}
