import { execFile } from 'node:child_process'
import { chmodSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noContainerEngine, startContainerEngine, type ContainerEngine } from '../support/container-engine.ts'

const run = promisify(execFile)
const ASK = join(import.meta.dirname, '../support/ask-engine.ts')
/** The user 'nobody' of Debian and Ubuntu, who is in no group of an engine. */
const NOBODY = 65_534
const missing = await noContainerEngine()

interface Answer {
  readonly report: { readonly state: string; readonly socket: string; readonly text: string }
  readonly started: {
    readonly ok: boolean
    readonly error: { readonly code: string; readonly message: string }
  }
}

describe('a real container engine whose socket this user may not open', () => {
  beforeEach((context) => {
    if (missing !== null) context.skip(missing)
  })
  let engine: ContainerEngine
  beforeAll(async () => {
    if (missing === null) engine = await startContainerEngine()
  })
  afterAll(() => engine?.end())

  /** As a user without any right of root's. */
  async function askAs(uid: number): Promise<Answer> {
    const { stdout } = await run(process.execPath, [ASK, String(uid)], {
      cwd: '/',
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', DOCKER_HOST: `unix://${engine.socket}` }
    })
    return JSON.parse(stdout) as Answer
  }

  test.each(['its folder is closed', 'its folder is open, and only the socket is closed'])(
    '%s: told as denied, with what to do, and nothing is started',
    async (which) => {
      chmodSync(dirname(engine.socket), which === 'its folder is closed' ? 0o700 : 0o755)
      expect(statSync(engine.socket).mode & 0o007).toBe(0)
      const { report, started } = await askAs(NOBODY)
      expect(report).toMatchObject({ state: 'denied', socket: engine.socket })
      expect(report.text).toContain(`You may not open ${engine.socket}`)
      expect(report.text).toContain('sudo usermod -aG docker $USER')
      expect(started).toMatchObject({ ok: false, error: { code: 'refused', message: report.text } })
    }
  )

  test('whoever may open it is answered by the same engine', async () => {
    expect((await askAs(0)).report).toMatchObject({ state: 'ok', socket: engine.socket })
  })
})
