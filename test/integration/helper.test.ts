import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const BUILT = resolve(import.meta.dirname, '../../out/main/helper.js')
const NOBODY = 65_534

let folder: string
let helper: string
beforeAll(() => {
  // Where any user can read it, and alone: it may need nothing beside itself.
  folder = mkdtempSync(join(tmpdir(), 'firebreak-built-helper-'))
  chmodSync(folder, 0o755)
  helper = join(folder, 'helper.mjs')
  copyFileSync(BUILT, helper)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** As an ordinary user, also where the tests run as root. */
function run(...args: readonly string[]): Ran {
  const asRoot = process.getuid?.() === 0
  const { status, stdout, stderr } = spawnSync(process.execPath, [helper, ...args], {
    encoding: 'utf8',
    env: {},
    cwd: '/',
    ...(asRoot && { uid: NOBODY, gid: NOBODY })
  })
  return { code: status, stdout, stderr }
}

describe('the built helper', () => {
  it('is one file that needs only Node', () => {
    const imports = [...readFileSync(BUILT, 'utf8').matchAll(/^import .* from "([^"]+)"/gm)].map(
      ([, from]) => from
    )
    expect(imports.length).toBeGreaterThan(0)
    expect(imports.filter((from) => !from?.startsWith('node:'))).toEqual([])
  })

  it('says how it is used, on one line, and exits with 2', () => {
    const { code, stdout, stderr } = run()
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^firebreak-helper: usage: drop-caches \|.*\n$/)
    expect(run('install-protection', '--uid', '1000').code).toBe(2)
  })

  it.each([
    ['drop-caches'],
    ['compact-memory'],
    ['set-oom-score-adj', String(process.pid), '1', '1000'],
    ['install-protection', '--uid', '1000', '--low', '536870912', '--min', '268435456'],
    ['remove-protection', '--uid', '1000']
  ])('refuses %s to anybody but root, and exits with 3', (...args) => {
    expect(run(...args)).toEqual({
      code: 3,
      stdout: '',
      stderr: 'firebreak-helper: this must run as root; pkexec or sudo starts it so\n'
    })
  })
})
