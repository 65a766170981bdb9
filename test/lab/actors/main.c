/* lab ACTOR key=value …: one static program for all actors. It is installed under the names of the programs it
 * stands for (firefox, gnome-shell, …), so that guards which go by name see what they would see on a desktop. */
#include "actors.h"
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  int (*run)(char **argv);
} actors[] = {
  {"desktop", desktop_main}, {"hog", hog_main},         {"bystander", bystander_main},
  {"canary", canary_main},   {"watcher", watcher_main}, {"dump", dump_main},
};

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < sizeof actors / sizeof *actors; i++) {
    if (strcmp(argv[1], actors[i].name) == 0) return actors[i].run(argv + 2);
  }
  fprintf(stderr, "usage: lab desktop|hog|bystander|canary|watcher|dump [key=value …]\n");
  return 2;
}
