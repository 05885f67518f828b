/* What the bench of restarts measures with, one program told apart by its first word:

     start DIRECTORY NAME PORT   a start command: notes the clock before anything else, leaves the service running
                                 as a daemon and writes DIRECTORY/NAME.pid
     run DIRECTORY NAME PORT     the same in the foreground, for a supervisor that wants to be the parent
     serve PORT                  the service: greets whoever connects, as a mail server does
     bury COMMAND...             runs COMMAND and buries every orphan below it at once, as the first process of a
                                 machine does

   start and run add "NANOSECONDS PID" to DIRECTORY/NAME.starts; DIRECTORY/NAME is a copy of this program. What is
   measured shall end with the exec: it is linked statically, and entered at first_of_all where we know how to. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { path_max = 4096, greetings_max = 8 };

/* When this program was entered. The C library's own beginning takes a millisecond on a virtual machine: it asks the
   processor what it can do, and each question is answered by the host. */
static struct timespec entered __attribute__((used));

#if defined(__x86_64__)
/* clock_gettime(CLOCK_MONOTONIC, &entered); then where the C library would have been entered, rdx as it was. */
__asm__(".globl first_of_all\n"
        "first_of_all:\n"
        "  mov %rdx, %r8\n"
        "  mov $228, %eax\n"
        "  mov $1, %edi\n"
        "  lea entered(%rip), %rsi\n"
        "  syscall\n"
        "  mov %r8, %rdx\n"
        "  jmp _start\n");
#endif

static int append(const char* path, int flags, const char* text) {
  const int file = open(path, O_WRONLY | O_CREAT | flags, 0644);
  if (file < 0) return -1;
  const ssize_t written = write(file, text, strlen(text));
  close(file);
  return written == (ssize_t)strlen(text) ? 0 : -1;
}

static int note(const char* directory, const char* name, pid_t pid) {
  char path[path_max];
  char text[64];
  snprintf(path, sizeof path, "%s/%s.pid", directory, name);
  snprintf(text, sizeof text, "%d\n", (int)pid);
  if (append(path, O_TRUNC, text) != 0) return -1;
  snprintf(path, sizeof path, "%s/%s.starts", directory, name);
  snprintf(text, sizeof text, "%lld %d\n", entered.tv_sec * 1000000000LL + entered.tv_nsec, (int)pid);
  return append(path, O_APPEND, text);
}

static int become_service(const char* directory, const char* name, char* port) {
  char path[path_max];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  execl(path, path, "serve", port, (char*)NULL);
  return 1;
}

static int start(char** words) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    return become_service(words[2], words[3], words[4]);
  }
  return child < 0 || note(words[2], words[3], child) != 0;
}

static int run(char** words) {
  if (note(words[2], words[3], getpid()) != 0) return 1;
  return become_service(words[2], words[3], words[4]);
}

static void greet(int client) {
  const struct timeval patience = {.tv_sec = 5};
  char line[512];
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const char* words = "220 here\r\n";
  for (int said = 0; said < greetings_max; ++said) {
    if (write(client, words, strlen(words)) < 0) break;
    const ssize_t size = read(client, line, sizeof line);
    if (size <= 0) break;
    words = size >= 4 && strncasecmp(line, "QUIT", 4) == 0 ? "221 bye\r\n" : "250 fine\r\n";
  }
  close(client);
}

static int serve(const char* port) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  /* Both: a second copy must be able to run beside the first, or it could not be counted. */
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  signal(SIGPIPE, SIG_IGN);
  if (bind(listener, (struct sockaddr*)&here, sizeof here) != 0 || listen(listener, 16) != 0) return 1;
  for (;;) {
    const int client = accept(listener, NULL, NULL);
    if (client >= 0) greet(client);
  }
}

static pid_t command;

static void pass_on(int signal_number) { kill(command, signal_number); }

static int bury(char** words) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  command = fork();
  if (command == 0) {
    execv(words[2], words + 2);
    return 127;
  }
  signal(SIGTERM, pass_on);
  for (;;) {
    int status = 0;
    const pid_t dead = wait(&status);
    if (dead < 0 && errno != EINTR) return 1;
    if (dead == command) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }
}

int main(int argc, char** argv) {
  if (entered.tv_sec == 0) clock_gettime(CLOCK_MONOTONIC, &entered);
  if (argc == 5 && strcmp(argv[1], "start") == 0) return start(argv);
  if (argc == 5 && strcmp(argv[1], "run") == 0) return run(argv);
  if (argc == 3 && strcmp(argv[1], "serve") == 0) return serve(argv[2]);
  if (argc >= 3 && strcmp(argv[1], "bury") == 0) return bury(argv);
  fprintf(stderr, "usage: see the beginning of bench_parts.c\n");
  return 2;
}
