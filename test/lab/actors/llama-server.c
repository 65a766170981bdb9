/* llama-server: stands in for llama.cpp's server. Opens the port it is told, answers GET /health as the real one does
 * (503 while loading, 200 when ready), and takes GPU memory at a rate.
 *
 * Understands --port N, --version and --lab key=value,… of the profile's extra arguments; other options are ignored:
 *   rate, cap, rest-available, refused   as the hog's
 *   when=ready|loading                   it says ready first and then grows (as a cache does), or grows while loading
 *   record=FILE */
#define _GNU_SOURCE
#include "taking.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_SETTINGS 16

static volatile int ready;
static int device;
static struct record *record;
static struct taking how;

static void *grow(void *unused) {
  (void)unused;
  if (take(device, record, &how) != 0) {
    fprintf(stderr, "error: failed to allocate buffer of the GPU: out of memory\n");
    exit(1);
  }
  ready = 1;
  return NULL;
}

static int listen_on(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 16) != 0) {
    fprintf(stderr, "couldn't bind HTTP server socket, hostname: 127.0.0.1, port: %d\n", port);
    exit(1);
  }
  return server;
}

static void answer(int client) {
  static const char loading[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
                                "Content-Length: 0\r\nConnection: close\r\n\r\n";
  static const char good[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n"
                             "Connection: close\r\n\r\n{\"status\":\"ok\"}";
  char request[1024];
  if (read(client, request, sizeof request) > 0) {
    const char *reply = ready ? good : loading;
    (void)!write(client, reply, strlen(reply));
  }
  close(client);
}

int main(int argc, char **argv) {
  int port = 8080;
  char *settings[MAX_SETTINGS + 1] = {NULL};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--version") == 0) {
      puts("version: 1 (lab)");
      return 0;
    }
    if (strcmp(argv[i], "--port") == 0 && i + 1 < argc) port = atoi(argv[++i]);
    if (strcmp(argv[i], "--lab") == 0 && i + 1 < argc) {
      int count = 0;
      for (char *part = strtok(argv[++i], ","); part && count < MAX_SETTINGS; part = strtok(NULL, ",")) {
        settings[count++] = part;
      }
    }
  }
  how = taking_arguments(settings);
  record = open_record(argument(settings, "record", "/run/lab/hog.rec"));
  device = open_device();
  ready = strcmp(argument(settings, "when", "ready"), "loading") != 0;
  int server = listen_on(port);
  pthread_t grower;
  if (pthread_create(&grower, NULL, grow, NULL) != 0) return 2;
  for (;;) {
    int client = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0) answer(client);
  }
}
