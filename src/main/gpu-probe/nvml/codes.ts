/** The NVML return codes that are handled by name (nvml.h, nvmlReturn_t); the rest mean 'unknown this time'. */
export const NVML_SUCCESS = 0
export const NVML_UNINITIALIZED = 1
export const NVML_NOT_SUPPORTED = 3
export const NVML_INSUFFICIENT_SIZE = 7
export const NVML_DRIVER_NOT_LOADED = 9
export const NVML_GPU_IS_LOST = 15
export const NVML_RESET_REQUIRED = 16
export const NVML_LIB_RM_VERSION_MISMATCH = 18

/** Not from NVML: the library does not have the function. Negative, as NVML's codes are not. */
export const SYMBOL_MISSING = -1

const INIT_ADVICE = new Map<number, string>([
  [4, 'no permission to use the GPU: check the rights of /dev/nvidia*'],
  [NVML_DRIVER_NOT_LOADED, 'the NVIDIA kernel driver is not loaded: load it or restart the machine'],
  [
    NVML_LIB_RM_VERSION_MISMATCH,
    'the NVIDIA library and the loaded kernel driver differ in version: restart the machine to finish the update'
  ],
  [NVML_GPU_IS_LOST, 'the GPU has fallen off the bus: restart the machine']
])

/** What a failed initialisation means and what to do, for people. */
export const initFailure = (code: number): string =>
  INIT_ADVICE.get(code) ?? `the NVIDIA driver refused to start a session (NVML error ${code})`

const SESSION_ENDING = new Set([
  NVML_UNINITIALIZED,
  NVML_DRIVER_NOT_LOADED,
  NVML_GPU_IS_LOST,
  NVML_RESET_REQUIRED,
  NVML_LIB_RM_VERSION_MISMATCH
])

/** Whether this code says that the session with the driver is over, so that it must be opened anew. */
export const endsSession = (code: number): boolean => SESSION_ENDING.has(code)
