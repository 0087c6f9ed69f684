/*
 * The least that a NAT can do with frames of a TAP device: read one, put another destination in, write it to another
 * device, in one loop around poll. Neither tables nor checks. loop TAP TAP ADDRESS MAC: frames from the first device go to
 * the second for ADDRESS at MAC; frames of the second are read and dropped. Prints `ready`, and on SIGUSR1 how many frames
 * it has written.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BURST 256
#define DESTINATION 30
#define IP_SUM 24
#define UDP_SUM 40

static volatile sig_atomic_t asked;

static void ask(int signal) {
  (void)signal;
  asked = 1;
}

static int tap(const char *name) {
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) < 0) _exit(1);
  return fd;
}

/* RFC 1624, for two words at once. */
static void patch(unsigned char *sum, const unsigned char *before, const unsigned char *after) {
  uint32_t total = (uint16_t) ~(sum[0] << 8 | sum[1]);
  for (int i = 0; i < 4; i += 2) {
    total += (uint16_t) ~(before[i] << 8 | before[i + 1]);
    total += after[i] << 8 | after[i + 1];
  }
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  total = ~total;
  sum[0] = total >> 8;
  sum[1] = total;
}

int main(int argc, char **argv) {
  unsigned char address[4], mac[6];
  if (argc != 5 || inet_pton(AF_INET, argv[3], address) != 1) return 2;
  if (sscanf(argv[4], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6) return 2;
  struct sigaction action = {.sa_handler = ask};
  sigaction(SIGUSR1, &action, NULL);
  struct pollfd ports[2] = {{tap(argv[1]), POLLIN, 0}, {tap(argv[2]), POLLIN, 0}};
  static unsigned char frame[65536 + 64];
  long long written = 0;
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int found = poll(ports, 2, 100);
    if (asked) {
      asked = 0;
      printf("%lld\n", written);
      fflush(stdout);
    }
    if (found <= 0) continue;
    for (int port = 0; port < 2; port++) {
      if (!ports[port].revents) continue;
      for (int left = BURST; left > 0; left--) {
        ssize_t length = read(ports[port].fd, frame, sizeof frame);
        if (length < 0) break;
        if (port == 1 || length < 42) continue;
        memcpy(frame, mac, 6);
        patch(frame + IP_SUM, frame + DESTINATION, address);
        patch(frame + UDP_SUM, frame + DESTINATION, address);
        memcpy(frame + DESTINATION, address, 4);
        if (write(ports[1].fd, frame, length) == length) written++;
      }
    }
  }
}
