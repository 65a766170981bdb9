import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSettings, peekSettings } from '../../../../src/main/settings/store.ts'
import { defaultSettings } from '../../../../src/shared/settings/schema.ts'

const clock = { nowMs: () => Date.UTC(2026, 10, 22, 12), monotonicMs: () => 0 }
const warned: string[] = []
const logger = { info() {}, warn: (text: string) => warned.push(text), error() {} }
let folder = ''
const file = (): string => join(folder, 'settings.json')
const open = (): ReturnType<typeof openSettings> => openSettings(folder, clock, logger)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firebreak-settings-'))
  warned.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('settings', () => {
  it('start from defaults and write nothing until something is set', () => {
    const store = open()
    expect(store.get()).toEqual(defaultSettings())
    expect(store.problem).toBeNull()
    expect(existsSync(file())).toBe(false)
  })

  it('survive a restart, for the user’s eyes only', () => {
    expect(open().set({ theme: 'dark', llamacpp: { stopTimeoutS: 3 } }).ok).toBe(true)
    expect(open().get()).toMatchObject({ theme: 'dark', llamacpp: { stopTimeoutS: 3, loadTimeoutS: 180 } })
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['settings.json'])
  })

  it('tell listeners once per change and stop when disposed', () => {
    const store = open()
    const seen: string[] = []
    const listening = store.onChange((settings) => seen.push(settings.theme))
    store.set({ theme: 'light' })
    listening.dispose()
    store.set({ theme: 'dark' })
    expect(seen).toEqual(['light'])
  })

  const observing = { ...defaultSettings(), guard: { ...defaultSettings().guard, mode: 'observe' } }
  const unreadable: readonly [string, string, RegExp][] = [
    ['no JSON', '{"version":1,', /not a JSON object/],
    ['empty', '', /not a JSON object/],
    ['a list', '[]', /not a JSON object/],
    ['no version', '{}', /no version/],
    ['a newer version', '{"version":99}', /newer Firebreak/],
    ['binary', '\u0000\u0001\u0002', /not a JSON object/],
    ['a guard that is none', '{"version":2,"guard":"on"}', /guard: it is not/],
    ['a mode nobody knows', '{"version":2,"guard":{"mode":"berserk"}}', /guard\.mode/],
    ['names that are none', '{"version":2,"guard":{"protectedNames":"vllm"}}', /guard\.protectedNames/]
  ]
  it.each(unreadable)('keep a file with %s aside, and the guard only observes', (_name, text, reason) => {
    writeFileSync(file(), text)
    const store = open()
    expect(store.get()).toEqual(observing)
    expect(store.problem?.text).toMatch(reason)
    expect(store.problem?.text).toContain('only observes')
    const kept = readdirSync(folder).find((name) => name.startsWith('settings.json.broken-')) ?? ''
    expect(readFileSync(join(folder, kept), 'utf8')).toBe(text)
    expect(store.problem?.text).toContain(kept)
    expect(warned).toHaveLength(1)
    // The next start, too, and says it no more.
    expect(open().get()).toEqual(observing)
    expect(open().problem).toBeNull()
  })

  it('keep each field that can be read, and name the others', () => {
    const guard = { mode: 'relaxed', protectedNames: ['vllm', 7, ''], answerS: 'soon', more: 1 }
    const llamacpp = { binary: '/opt/llama-server', stopTimeoutS: -1 }
    writeFileSync(
      file(),
      JSON.stringify({ version: 2, theme: 7, thema: 'dark', reserveBytes: 1_000, guard, llamacpp })
    )
    const store = open()
    expect(store.get()).toEqual({
      ...defaultSettings(),
      reserveBytes: 1_000,
      guard: { ...defaultSettings().guard, mode: 'relaxed', protectedNames: ['vllm'] },
      llamacpp: { ...defaultSettings().llamacpp, binary: '/opt/llama-server' }
    })
    for (const name of [
      'theme',
      'thema',
      'guard.protectedNames',
      'guard.answerS',
      'guard.more',
      'llamacpp.stopTimeoutS'
    ])
      expect(store.problem?.text).toContain(name)
    expect(store.problem?.text).not.toContain('only observes')
    expect(open().get()).toEqual(store.get())
  })

  it('of version 1 tell once that the guard is on now', () => {
    writeFileSync(file(), '{"version":1,"theme":"dark"}')
    const store = open()
    expect(store.news?.text).toMatch(/^The guard is on: it pauses and stops models when memory runs out\./)
    expect(store.news?.whatToDo).toContain('Guard page')
    expect(store.problem).toBeNull()
    expect(store.get()).toEqual({ ...defaultSettings(), theme: 'dark' })
    expect(open().news).toBeNull()
    expect(open().get().theme).toBe('dark')
  })

  it('refuse a value out of range and keep the old one', () => {
    const store = open()
    const result = store.set({ llamacpp: { stopTimeoutS: -1 } })
    expect(result).toMatchObject({ ok: false, error: { code: 'settings-invalid' } })
    expect(store.get()).toEqual(defaultSettings())
  })

  it('keep what cannot be read aside too, and go on', () => {
    mkdirSync(file())
    writeFileSync(join(file(), 'precious'), 'text')
    const store = open()
    expect(store.problem?.text).toMatch(/EISDIR.*kept as/)
    expect(store.set({ theme: 'dark' }).ok).toBe(true)
    const kept = readdirSync(folder).find((name) => name.includes('broken')) ?? ''
    expect(readFileSync(join(folder, kept, 'precious'), 'utf8')).toBe('text')
  })

  it('save nothing over a file that can neither be read nor moved', () => {
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'a file where the folder should be')
    const result = open().set({ theme: 'dark' })
    expect(result).toMatchObject({ ok: false, error: { code: 'refused' } })
    expect(readFileSync(folder, 'utf8')).toBe('a file where the folder should be')
  })

  it('refuse a floor above the reserve, and name what is wrong with a value', () => {
    const store = open()
    expect(store.set({ reserveBytes: 1000, floorBytes: 2000 })).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('raise the reserve') }
    })
    expect(store.set({ llamacpp: { loadTimeoutS: 0 } })).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('llamacpp.loadTimeoutS') }
    })
  })

  it('hold thresholds against the machine, and against the automatic other one', () => {
    const GIB = 1024 ** 3
    const store = open()
    expect(store.fit(120 * GIB)).toBeNull()
    for (const [patch, said] of [
      [{ reserveBytes: 200 * GIB }, /more than this machine has .* lower one/],
      [{ floorBytes: 200 * GIB }, /more than this machine has/],
      [{ floorBytes: 7 * GIB }, /above the reserve \(6\.0 GiB, automatic\): raise the reserve/],
      [{ reserveBytes: GIB }, /floor \(2\.0 GiB, automatic\) cannot be above/]
    ] as const) {
      expect(store.set(patch)).toMatchObject({
        ok: false,
        error: { code: 'settings-invalid', message: expect.stringMatching(said) }
      })
    }
    expect(store.get()).toEqual(defaultSettings())
    expect(store.set({ reserveBytes: 8 * GIB, floorBytes: 7 * GIB }).ok).toBe(true)
    expect(store.set({ reserveBytes: 0, floorBytes: 0 }).ok).toBe(true)
  })

  it('fit thresholds written by hand to the machine, and say so', () => {
    const GIB = 1024 ** 3
    const text = JSON.stringify({ version: 2, reserveBytes: 200 * GIB, floorBytes: 300 * GIB })
    writeFileSync(file(), text)
    const store = open()
    expect(store.fit(120 * GIB)?.text).toContain('do not fit this machine')
    expect(store.get()).toMatchObject({ reserveBytes: null, floorBytes: null })
    expect(readFileSync(file(), 'utf8')).toBe(text)
    expect(store.fit(120 * GIB)).toBeNull()
    writeFileSync(file(), JSON.stringify({ version: 2, reserveBytes: 4 * GIB, floorBytes: 5 * GIB }))
    const other = open()
    expect(other.fit(120 * GIB)?.text).toContain('cannot be above the reserve')
    expect(other.get()).toMatchObject({ reserveBytes: 4 * GIB, floorBytes: 4 * GIB })
  })

  it('can be peeked at without touching a broken file', () => {
    writeFileSync(file(), 'broken')
    expect(peekSettings(folder)).toEqual(observing)
    expect(readdirSync(folder)).toEqual(['settings.json'])
    writeFileSync(file(), '{"version":1,"hardwareAcceleration":true}')
    expect(peekSettings(folder).hardwareAcceleration).toBe(true)
  })
})
