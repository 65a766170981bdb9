import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultLlamaCppSettings } from '../../../../src/shared/settings/llamacpp-defaults.ts'
import { freeSlug, labelOfModel, slugOf } from '../../../../src/main/runners/profiles/slug.ts'
import { openProfiles, type ProfileProblem } from '../../../../src/main/runners/profiles/store.ts'
import { resolveTarget, type KnownTargets } from '../../../../src/main/runners/supervisor/target.ts'
import { profileSchema, runnerIdSchema } from '../../../../src/shared/contract/schemas.ts'
import type { Profile } from '../../../../src/shared/model/runner.ts'

const profile: Profile = {
  id: 'tiny',
  label: 'Tiny',
  kind: 'llamacpp',
  modelPath: '/models/tiny.gguf',
  settings: defaultLlamaCppSettings(),
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
}

describe('profiles on disk', () => {
  let folder = ''
  let problems: ProfileProblem[] = []
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'firebreak-profiles-')), 'profiles')
    problems = []
  })
  afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))
  const open = (): ReturnType<typeof openProfiles> =>
    openProfiles(folder, (problem) => problems.push(problem))

  test('what is saved is there again, for the user alone', () => {
    open().save(profile)
    expect(open().list()).toEqual([profile])
    expect(statSync(join(folder, 'tiny.json')).mode & 0o777).toBe(0o600)
    const store = open()
    store.remove('tiny')
    expect(open().list()).toEqual([])
  })

  test.each([
    ['no JSON', '{"id":'],
    ['a wrong shape', '{"id":"bad"}'],
    ['the name of another', JSON.stringify(profile)]
  ])('%s is kept aside, said, and hides no other', (_, text) => {
    open().save(profile)
    writeFileSync(join(folder, 'bad.json'), text)
    expect(open().list()).toEqual([profile])
    expect(readFileSync(join(folder, 'bad.json.broken-1'), 'utf8')).toBe(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.text).toContain('bad.json')
    writeFileSync(join(folder, 'bad.json'), text)
    open()
    expect(readdirSync(folder).sort()).toEqual(['bad.json.broken-1', 'bad.json.broken-2', 'tiny.json'])
  })

  test('what a newer Firebreak knows more of is left out, and the file stays as it is', () => {
    mkdirSync(folder, { recursive: true })
    const text = JSON.stringify({
      ...profile,
      surprise: 1,
      settings: { ...profile.settings, draftModel: '/models/draft.gguf' }
    })
    writeFileSync(join(folder, 'tiny.json'), text)
    expect(open().list()).toEqual([profile])
    expect(problems).toEqual([])
    expect(readFileSync(join(folder, 'tiny.json'), 'utf8')).toBe(text)
    expect(profileSchema.safeParse(JSON.parse(text)).success).toBe(false)
  })

  test('a name is one that can be shown, also out of a file written by hand', () => {
    mkdirSync(folder, { recursive: true })
    const label = 'gpt\u202Egnp\u001b[31m\nmore'
    writeFileSync(join(folder, 'tiny.json'), JSON.stringify({ ...profile, label }))
    expect(
      open()
        .list()
        .map((one) => one.label)
    ).toEqual(['gptgnp [31m more'])
    expect(profileSchema.parse({ ...profile, label }).label).toBe('gptgnp [31m more')
    expect(profileSchema.safeParse({ ...profile, label: '\u202E\u0007' }).success).toBe(false)
    expect(labelOfModel('/models/a\u202Eb.gguf')).toBe('ab')
  })

  test('a folder that is a file is said, and no reason to fail', () => {
    mkdirSync(join(folder, '..'), { recursive: true })
    writeFileSync(folder, '')
    expect(open().list()).toEqual([])
    expect(problems).toHaveLength(1)
  })
})

describe('names from models', () => {
  test.each([
    ['/m/Qwen3 8B (Q4_K_M).gguf', 'Qwen3 8B (Q4_K_M)', 'qwen3-8b-q4_k_m'],
    ['/m/big-00001-of-00003.gguf', 'big', 'big'],
    ['/m/模型.gguf', '模型', 'model'],
    ['/m/..gguf', '.', 'model']
  ])('%s', (path, label, slug) => {
    expect(labelOfModel(path)).toBe(label)
    expect(slugOf(label)).toBe(slug)
  })

  test('any label makes a valid id, also a numbered one', () => {
    fc.assert(
      fc.property(fc.string(), (label) => {
        const first = freeSlug(label, () => false)
        const second = freeSlug(label, (id) => id === first)
        expect(runnerIdSchema.safeParse(first).success).toBe(true)
        expect(runnerIdSchema.safeParse(second).success).toBe(true)
        expect(second).not.toBe(first)
      })
    )
  })
})

describe('what to start', () => {
  const known: KnownTargets = {
    profiles: [profile],
    isTaken: (id) => id === 'tiny',
    playbook: null,
    models: [
      { path: '/m/Qwen-Q4.gguf', label: 'Qwen-Q4' },
      { path: '/m/a/twin.gguf', label: 'twin' },
      { path: '/m/b/twin.gguf', label: 'twin' }
    ]
  }
  const resolve = (target: string, settings?: { port: number }): ReturnType<typeof resolveTarget> =>
    resolveTarget(target, settings, known, '/home/u')

  test('a profile by its id, with settings for this once', () => {
    expect(resolve('tiny', { port: 9000 })).toMatchObject({
      ok: true,
      value: { isNew: false, profile: { id: 'tiny', settings: { port: 9000, parallelSlots: 1 } } }
    })
  })
  test('a path that has a profile, and one that has none', () => {
    expect(resolve('/models/x/../tiny.gguf')).toMatchObject({ ok: true, value: { isNew: false } })
    expect(resolve('~/tiny.gguf')).toMatchObject({
      ok: true,
      value: { isNew: true, profile: { id: 'tiny-2', modelPath: '/home/u/tiny.gguf' } }
    })
  })
  test('a model that was found, by its name', () => {
    expect(resolve('qwen-q4')).toMatchObject({
      ok: true,
      value: { isNew: true, profile: { label: 'Qwen-Q4', modelPath: '/m/Qwen-Q4.gguf' } }
    })
    expect(resolveTarget('qwen-q4', undefined, { ...known, models: null }, '/')).toEqual({
      ok: true,
      value: 'ask-more'
    })
    expect(resolve('twin')).toMatchObject({
      ok: false,
      error: {
        code: 'not-found',
        message: expect.stringMatching(/2 models 'twin': \/m\/a\/twin\.gguf, \/m\/b\/twin\.gguf/)
      }
    })
  })
  test('a playbook by its id, which comes before a model of that name and is saved', () => {
    const playbook = { ...profile, id: 'qwen-q4', label: 'From a playbook' }
    expect(resolveTarget('qwen-q4', { port: 9000 }, { ...known, playbook }, '/')).toMatchObject({
      ok: true,
      value: { isNew: true, profile: { label: 'From a playbook', settings: { port: 9000 } } }
    })
  })
  test.each([
    ['nobody', 'not-found'],
    ['models/tiny.gguf', 'bad-request'],
    ['tiny.gguf', 'bad-request']
  ])('%s: %s', (target, code) => {
    expect(resolve(target)).toMatchObject({ ok: false, error: { code } })
  })
})
