import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { makeHome, type Home } from '../../support/headless-core.ts'

const root = resolve(import.meta.dirname, '../../..')
let home: Home | null = null
afterEach(() => home?.remove())

it('says in a window why it cannot start, and ends', async () => {
  home = makeHome()
  const open = join(home.dir, 'run')
  mkdirSync(open)
  chmodSync(open, 0o777) // anyone could put a socket there
  const app = spawn(
    process.execPath,
    [join(root, 'test/double/launch.mjs'), join(root, 'out/main/index.js')],
    {
      env: home.env,
      stdio: ['ignore', 'ignore', 'pipe']
    }
  )
  let stderr = ''
  app.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const code = await new Promise((done) => app.once('close', done))
  expect(stderr).toMatch(/\[error box\] Firebreak could not start: .*run/)
  expect(code).toBe(1)
})
