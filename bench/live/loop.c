/*
 * The least that can be done with frames of a TAP device: read one, swap its addresses, write it to another device, in one
 * loop around poll. loop TAP TAP. Prints how many frames it wrote when SIGTERM ends it. A line `ready` comes first.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BURST 256

static volatile sig_atomic_t over;

static void end(int signal) {
  (void)signal;
  over = 1;
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

static void swap(unsigned char *a, unsigned char *b, int length) {
  for (int i = 0; i < length; i++) {
    unsigned char byte = a[i];
    a[i] = b[i];
    b[i] = byte;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  struct pollfd ports[2] = {{tap(argv[1]), POLLIN, 0}, {tap(argv[2]), POLLIN, 0}};
  static unsigned char frame[65536 + 64];
  long long written = 0;
  printf("ready\n");
  fflush(stdout);
  while (!over) {
    if (poll(ports, 2, 100) <= 0) continue;
    for (int port = 0; port < 2; port++) {
      if (!ports[port].revents) continue;
      for (int left = BURST; left > 0; left--) {
        ssize_t length = read(ports[port].fd, frame, sizeof frame);
        if (length < 0) break;
        swap(frame, frame + 6, 6);
        if (length >= 34) swap(frame + 26, frame + 30, 4);
        if (write(ports[1 - port].fd, frame, length) == length) written++;
      }
    }
  }
  printf("%lld\n", written);
  return 0;
}
