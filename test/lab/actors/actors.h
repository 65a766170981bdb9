/* The actors of the lab, each in a file of its own; main.c chooses by the first argument. */
#ifndef LAB_ACTORS_H
#define LAB_ACTORS_H
int desktop_main(char **argv);
int hog_main(char **argv);
int bystander_main(char **argv);
int canary_main(char **argv);
int watcher_main(char **argv);
int dump_main(char **argv);
#endif
