import { runtimeDirFrom } from '../main/platform/runtime-dir.ts'
import { VERSION } from '../main/version.ts'
import { runCli } from './run.ts'

// Entry of firebreakctl: the process' streams and signals, nothing else.

const interrupted = new AbortController()
const stop = (): void => interrupted.abort()
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

/** `firebreakctl logs ID -f | head`: the reader has enough, which is no error. */
function quietOnClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') stop()
    else throw error
  })
}
quietOnClosedPipe(process.stdout)
quietOnClosedPipe(process.stderr)

// The exit code is set, not forced, so that what was written to a pipe arrives.
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  workingDir: process.cwd(),
  runtimeDir: runtimeDirFrom(process.env, process.getuid?.() ?? 0),
  version: VERSION,
  signal: interrupted.signal,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text)
})
