/** Time, injectable: wall clock for showing, monotonic for differences. */
export interface Clock {
  nowMs(): number
  monotonicMs(): number
}

/** One line per event to stderr of the host; never secrets. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
  error(message: string, cause?: unknown): void
}

/** Where things are on this machine; all injected, so that tests and other roots work. */
export interface Places {
  /** '/proc', or a captured copy. */
  readonly procRoot: string
  /** '/sys', or a captured copy. */
  readonly sysRoot: string
  /** Sockets and tokens, 0700. */
  readonly runtimeDir: string
  /** Settings and profiles. */
  readonly configDir: string
  /** Logs and history. */
  readonly dataDir: string
  /** The installed sentinel's socket; null where no installed one is to be asked. */
  readonly systemSentinelSocket: string | null
  /** Built renderer (index.html). */
  readonly rendererDir: string
  /** Folder of the built entries (gpu-probe.js, static-facts.js). */
  readonly entryDir: string
  /** A Node executable: process.execPath headless, the shipped runtime beside Electron. */
  readonly nodePath: string
  readonly homeDir: string
}
