/* A stub of libnvidia-ml for the lab: a GB10 whose processes are those that have /dev/gpuhog open.
 *
 * Each call blocks for as long as /run/lab/nvml-hangs exists, as the driver's calls do on a machine that starves. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef int nvmlReturn_t;
typedef struct device { int index; } *nvmlDevice_t;
typedef struct { unsigned long long total, free, used; } nvmlMemory_t;
typedef struct { unsigned int gpu, memory; } nvmlUtilization_t;
typedef struct {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId, computeInstanceId;
} nvmlProcessInfo_t;

/* nvml.h, nvmlReturn_t. */
enum { SUCCESS = 0, INVALID = 2, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7 };
#define NO_INSTANCE 0xffffffffU
#define HANG_FLAG "/run/lab/nvml-hangs"
#define HANG_POLL_US 100000

static struct device device0;

static void may_hang(void) {
  while (access(HANG_FLAG, F_OK) == 0) usleep(HANG_POLL_US);
}

nvmlReturn_t nvmlInit_v2(void) {
  may_hang();
  return SUCCESS;
}
nvmlReturn_t nvmlShutdown(void) { return SUCCESS; }
nvmlReturn_t nvmlSystemGetDriverVersion(char *out, unsigned int length) {
  snprintf(out, length, "580.95.05");
  return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
  may_hang();
  *count = 1;
  return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
  if (index != 0) return INVALID;
  *device = &device0;
  return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *out, unsigned int length) {
  (void)device;
  snprintf(out, length, "NVIDIA GB10");
  return SUCCESS;
}
/* The chip has no memory of its own. */
nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
  (void)device;
  memset(memory, 0, sizeof *memory);
  return NOT_SUPPORTED;
}
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization) {
  (void)device;
  utilization->gpu = 50;
  utilization->memory = 0;
  return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned int *celsius) {
  (void)device;
  (void)sensor;
  *celsius = 55;
  return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int *milliwatts) {
  (void)device;
  may_hang();
  *milliwatts = 30000;
  return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, int domain, unsigned int *mhz) {
  (void)device;
  (void)domain;
  *mhz = 2405;
  return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *rows) {
  (void)device;
  may_hang();
  unsigned int room = *count, found = 0, pid;
  unsigned long long bytes;
  FILE *list = fopen("/proc/gpuhog", "r");
  if (list != NULL) {
    if (fscanf(list, "total %llu", &bytes) == 1) {
      for (; fscanf(list, "%u %llu", &pid, &bytes) == 2; found++) {
        if (found < room) rows[found] = (nvmlProcessInfo_t){pid, bytes, NO_INSTANCE, NO_INSTANCE};
      }
    }
    fclose(list);
  }
  *count = found;
  return found > room ? INSUFFICIENT_SIZE : SUCCESS;
}
nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *rows) {
  (void)device;
  (void)rows;
  *count = 0;
  return SUCCESS;
}
