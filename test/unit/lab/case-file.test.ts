import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { profileSchema } from '../../../src/shared/contract/schemas.ts'
import { readSettings } from '../../../src/shared/settings/migrate.ts'
import { CASES, CASES_OF_OTHERS } from '../../lab/cases.ts'
import { caseFile, checksFile, prepareFile } from '../../lab/host/case-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firebreak-lab-case-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a preparation as the guest does and returns what it wrote. */
function written(text: string): { settings: unknown; profiles: readonly unknown[] } {
  const script = join(folder, 'case.sh')
  writeFileSync(script, text)
  mkdirSync(join(folder, 'profiles'))
  execFileSync('bash', ['-euc', `. "$1"; write_settings "$2"`, 'bash', script, folder])
  const json = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'))
  return {
    settings: json('settings.json'),
    profiles: readdirSync(join(folder, 'profiles')).map((name) => json(`profiles/${name}`))
  }
}

describe('a preparation', () => {
  it.each(CASES)('for $name holds settings and profiles that Firebreak accepts', (one) => {
    const { settings, profiles } = written(prepareFile(one))
    expect(readSettings(settings)).toMatchObject({
      ok: true,
      value: { settings: { guard: { mayStopForeign: one.mayStopForeign } }, left: [] }
    })
    for (const profile of profiles) expect(profileSchema.safeParse(profile).success).toBe(true)
    const started = caseFile(one, 'firebreak', 0).match(/(?<=^(?:PROFILE|BESIDE)=')[^']+/gm) ?? []
    expect(profiles.map((profile) => profileSchema.parse(profile).id)).toEqual(
      expect.arrayContaining(started)
    )
    expect(started).toHaveLength(one.hog === 'own' ? (one.pinnedBesideMib === null ? 1 : 2) : 0)
  })

  it('serves all cases with the same settings', () => {
    expect(new Set(CASES.map(prepareFile)).size).toBe(2)
  })
})

describe('a case file', () => {
  it('says what befalls Firebreak only where Firebreak runs', () => {
    const stopped = CASES.find(({ name }) => name === 'app-stopped')
    if (stopped === undefined) throw new Error('no such case')
    expect(caseFile(stopped, 'firebreak', 0)).toContain("MISHAP='stop-core'")
    expect(caseFile(stopped, 'none', 0)).toContain("MISHAP=''")
  })

  it('begins at another moment in each run', () => {
    const [one] = CASES
    if (one === undefined) throw new Error('no cases')
    const files = Array.from({ length: 5 }, (_, run) => caseFile(one, 'firebreak', run))
    expect(new Set(files).size).toBe(5)
  })
})

describe('the checks’ file', () => {
  it('writes the programs as they are', () => {
    const text = `console.log('a "b" \\n $HOME \`date\`')\n`
    const script = join(folder, 'case.sh')
    writeFileSync(script, checksFile([['main.ts', text]]))
    execFileSync('bash', ['-euc', `. "$1"; write_checks "$2"`, 'bash', script, folder])
    expect(readFileSync(join(folder, 'main.ts'), 'utf8').trimEnd()).toBe(text.trimEnd())
  })
})

describe('the cases', () => {
  it('have names of their own, and the other guards’ are among them', () => {
    const names = CASES.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(CASES_OF_OTHERS.filter((name) => !names.includes(name))).toEqual([])
  })
})
