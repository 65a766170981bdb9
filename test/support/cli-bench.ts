import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import { runCli } from '../../src/cli/run.ts'
import { listenControlSocket, type ControlServer } from '../../src/main/transport/control-server.ts'
import type { Handlers } from '../../src/main/transport/dispatcher.ts'
import { createFakeCore, type FakeCore } from './fake-core.ts'
import { removeFolder, temporaryFolder } from './wires.ts'

export interface CliRun {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** The command line program against a core that answers as a test says. */
export interface CliBench {
  /** Behind a real control socket in `dir`, until the test's end. */
  withCore(replaced?: Partial<Handlers>): Promise<{ readonly dir: string; readonly core: FakeCore }>
  /** Where no core listens. */
  readonly nobody: string
  cli(runtimeDir: string, ...args: readonly string[]): Promise<CliRun>
}

/** Cleans up after each test of the file that calls it. */
export function useCliBench(): CliBench {
  const folder = temporaryFolder()
  const running: ControlServer[] = []
  let serial = 0
  afterEach(() => {
    for (const server of running.splice(0)) server.dispose()
  })
  afterAll(() => removeFolder(folder))
  return {
    nobody: join(folder, 'nobody'),
    async withCore(replaced = {}) {
      const core = createFakeCore(replaced)
      serial += 1
      const dir = join(folder, `run${serial}`)
      const server = await listenControlSocket({
        runtimeDir: dir,
        endpoint: core.endpoint,
        logger: core.logger
      })
      if (!server.ok) throw new Error(JSON.stringify(server.error))
      running.push(server.value)
      return { dir, core }
    },
    async cli(runtimeDir, ...args) {
      let stdout = ''
      let stderr = ''
      const exit = await runCli(args, {
        env: { HOME: folder },
        workingDir: folder,
        runtimeDir,
        version: '1.2.3',
        signal: new AbortController().signal,
        stdout: (text) => (stdout += text),
        stderr: (text) => (stderr += text)
      })
      return { exit, stdout, stderr }
    }
  }
}
