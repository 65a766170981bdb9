import { spawn, type ChildProcess } from 'node:child_process'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { Command } from './scope.ts'

export interface SpawnOptions {
  readonly command: Command
  readonly env: Record<string, string>
  readonly workingDir: string
  /** Open for appending; both streams go straight there. */
  readonly logFd: number
}

/**
 * Starts a runner that outlives this process: a session and process group of its own (no terminal's SIGHUP or
 * Ctrl-C reaches it), no pipe that could fill up or break, and no claim on this process's event loop.
 */
export function spawnRunner(options: SpawnOptions): Promise<Result<ChildProcess, NodeJS.ErrnoException>> {
  const { command, env, workingDir, logFd } = options
  return new Promise((settle) => {
    let child: ChildProcess
    try {
      child = spawn(command.file, command.args, {
        cwd: workingDir,
        env,
        detached: true,
        stdio: ['ignore', logFd, logFd]
      })
    } catch (error) {
      settle(err(error instanceof Error ? error : new Error(String(error))))
      return
    }
    // Kept for good: a later 'error' (a kill that failed) must not bring the core down.
    child.on('error', (error) => settle(err(error)))
    child.once('spawn', () => settle(ok(child)))
    child.unref()
  })
}
