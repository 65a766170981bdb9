import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchContext } from '../harness.ts'

const START_DEADLINE_MS = 30_000

export interface UiCore {
  readonly startedMs: number
  readonly url: string
}

/** The built core with its web host, in folders of its own; it ends with the benchmark. */
export function startCore(context: BenchContext, entry: string): Promise<UiCore> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-ui-core-'))
  context.atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }))
  const env: NodeJS.ProcessEnv = { ...process.env, HOME: folder }
  for (const name of ['RUNTIME', 'CONFIG', 'DATA']) {
    const path = join(folder, name.toLowerCase())
    mkdirSync(path, { mode: 0o700 })
    env[`FIREBREAK_${name}_DIR`] = path
  }
  const startedMs = performance.now()
  const child = spawn(process.execPath, [entry, '--port', '0', '--no-open'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  context.atEnd(() => child.kill('SIGKILL'))
  return new Promise((found, failed) => {
    let said = ''
    const timer = setTimeout(() => failed(new Error(`the core prints no URL:\n${said}`)), START_DEADLINE_MS)
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = /http:\/\/127\.0\.0\.1:\S+/.exec(said)?.[0]
      if (url === undefined) return
      clearTimeout(timer)
      found({ startedMs, url })
    })
    child.once('error', failed)
    child.once('exit', (code) => failed(new Error(`the core ended with ${code}:\n${said}`)))
  })
}
