import { join } from 'node:path'

/** Bytes of a Unix socket's path on Linux (sun_path, 108, with its closing NUL). */
export const MAX_SOCKET_PATH_BYTES = 107

/** The core's socket, which is the lock of 'one core per user' too. */
export const controlSocketPath = (runtimeDir: string): string => join(runtimeDir, 'control.sock')
