import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { removeFolder, temporaryFolder } from '../support/wires.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const BUILD_DEADLINE_MS = 120_000

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A checkout of its own: same sources, same packages, no output. */
const checkout = join(temporaryFolder(), 'firebreak')
const runtimeDir = join(checkout, 'run')

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): { pid: number; ended: Promise<Ran> } {
  const child = spawn(process.execPath, [join(checkout, 'scripts/firebreakctl.mjs'), ...args], {
    env: { ...process.env, FIREBREAK_RUNTIME_DIR: runtimeDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return {
    pid: child.pid ?? -1,
    ended: new Promise((done) => child.once('close', (code) => done({ code, stdout, stderr })))
  }
}
const run = (...args: string[]): Promise<Ran> => start(args).ended
const builds = (runs: readonly Ran[]): number =>
  runs.filter(({ stderr }) => stderr.includes('firebreak: built in')).length

describe('firebreakctl from a checkout', () => {
  beforeAll(() => {
    mkdirSync(checkout, { recursive: true })
    for (const name of ['src', 'scripts', 'package.json', 'package-lock.json', 'electron.vite.config.ts']) {
      cpSync(join(ROOT, name), join(checkout, name), { recursive: true, preserveTimestamps: true })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
  })
  afterAll(() => removeFolder(resolve(checkout, '..')))

  it(
    'builds once for six first calls at the same time',
    async () => {
      const runs = await Promise.all(Array.from({ length: 6 }, () => run('status', '--json')))
      expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 5))
      expect(builds(runs)).toBe(1)
      for (const { stdout } of runs) {
        expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'disconnected' } })
      }
    },
    BUILD_DEADLINE_MS
  )

  it('then is quiet, passes arguments and exit codes, and leaves nothing half-built', async () => {
    const version = await run('--version')
    expect(version).toMatchObject({ code: 0, stderr: '' })
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await run('strat')).code).toBe(2)
    expect(readdirSync(join(checkout, 'out')).toSorted()).toEqual(['.built', 'main', 'preload', 'renderer'])
  })

  it(
    'builds again when a source has changed, and after its output was removed',
    async () => {
      const now = new Date()
      utimesSync(join(checkout, 'src/cli/main.ts'), now, now)
      expect(builds([await run('--version'), await run('--version')])).toBe(1)
      rmSync(join(checkout, 'out/main'), { recursive: true })
      expect(builds([await run('--version')])).toBe(1)
    },
    BUILD_DEADLINE_MS
  )

  it(
    'says what is wrong when the build fails, keeps the old output, and recovers',
    async () => {
      const broken = join(checkout, 'src/cli/broken.ts')
      cpSync(join(checkout, 'src/cli/run.ts'), broken)
      writeFileSync(join(checkout, 'src/cli/run.ts'), "import './is-not-there.ts'\nexport const runCli = 1\n")
      const failed = await run('--version')
      expect(failed).toMatchObject({ code: 1, stdout: '' })
      expect(failed.stderr).toContain('is-not-there')
      expect(existsSync(join(checkout, 'out/main/cli.js'))).toBe(true)
      cpSync(broken, join(checkout, 'src/cli/run.ts'))
      rmSync(broken)
      expect((await run('--version')).code).toBe(0)
    },
    BUILD_DEADLINE_MS
  )

  it(
    'is not held up by a build that was killed',
    async () => {
      rmSync(join(checkout, 'out'), { recursive: true })
      const first = start(['--version'])
      await until(
        'the build to begin',
        () =>
          existsSync(join(checkout, 'out')) &&
          readdirSync(join(checkout, 'out')).some((name) => name.startsWith('.new-'))
      )
      process.kill(first.pid, 'SIGKILL')
      await first.ended
      expect((await run('--version')).code).toBe(0)
      // What the killed one had begun to write may come after the second has tidied up; the next build removes it.
      const names = readdirSync(join(checkout, 'out')).filter((name) => name !== `.new-${first.pid}`)
      expect(names.toSorted()).toEqual(['.built', 'main', 'preload', 'renderer'])
    },
    BUILD_DEADLINE_MS
  )

  it('serves as the core, and a signal to the launcher ends it all', async () => {
    const places = {
      FIREBREAK_CONFIG_DIR: join(checkout, 'config'),
      FIREBREAK_DATA_DIR: join(checkout, 'data')
    }
    const serving = start(['serve', '--no-open', '--port', '0', '--json'], places)
    const status = await until('the core', async () => {
      const ran = await run('status', '--json')
      return ran.code === 0 && (JSON.parse(ran.stdout) as { memTotalBytes: number })
    })
    expect(status.memTotalBytes).toBeGreaterThan(0)
    const again = await run('serve', '--no-open', '--json')
    const { url } = JSON.parse(again.stdout) as { url: string }
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=/)
    expect((await fetch(url, { headers: { connection: 'close' } })).status).toBe(200)
    process.kill(serving.pid, 'SIGTERM')
    const ended = await serving.ended
    expect(ended.code).toBe(0)
    expect(JSON.parse(ended.stdout)).toMatchObject({ url })
    expect((await run('status')).code).toBe(5)
  })
})
