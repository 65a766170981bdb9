import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { RUNNER_KINDS } from '../../../../../src/shared/model/runner.ts'
import { RUNNER_SPECS, settingProblem } from '../../../../../src/shared/model/specs/index.ts'
import { makeConformanceHome, subjectOf, type ConformanceHome } from './subjects.ts'

const SENTENCE = /^\S.*[.:]$/s

describe.each(RUNNER_KINDS)('what %s says of itself', (kind) => {
  const spec = RUNNER_SPECS[kind]
  const adapter = ADAPTERS[kind]
  let home: ConformanceHome
  beforeAll(() => {
    home = makeConformanceHome()
  })
  afterAll(() => home.remove())

  test('kind, name and port are those of its description', () => {
    expect(spec.kind).toBe(kind)
    expect(adapter.kind).toBe(kind)
    expect(adapter.defaultPort).toBe(spec.defaultPort)
    expect(spec.name).not.toBe('')
    expect(spec.summary).toMatch(SENTENCE)
    if (spec.model.form !== 'none') {
      expect(spec.model.label).not.toBe('')
      expect(spec.model.placeholder).not.toBe('')
    }
  })
  test('every field has a key of its own, a label, a sentence of help, and a default that is allowed', () => {
    const keys = spec.fields.map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
    for (const field of spec.fields) {
      expect(field.label.trim(), field.key).not.toBe('')
      expect(field.help, field.key).toMatch(SENTENCE)
      expect(settingProblem(kind, field.key, field.default), field.key).toBeNull()
    }
  })
  test('the settings that matter come first, and are few', () => {
    const advanced = spec.fields.map((field) => field.advanced)
    expect(advanced).toEqual([...advanced].sort((a, b) => Number(a) - Number(b)))
    expect(advanced.filter((is) => !is).length).toBeLessThanOrEqual(6)
  })
  test('a value of the wrong type is refused in words', () => {
    for (const field of spec.fields) {
      expect(settingProblem(kind, field.key, { no: 'value' }), field.key).toContain(field.label)
    }
  })
  test('the steps to set it up are words, with argv where it can be run', () => {
    expect(adapter.setUp.length > 0).toBe(subjectOf(kind).isInstalled)
    for (const step of adapter.setUp) {
      expect(step.text.trim()).not.toBe('')
      if (step.command !== null) {
        expect(step.command.length).toBeGreaterThan(0)
        expect(step.command.every((item) => item !== '')).toBe(true)
      }
    }
  })
  test('it is installed, or says why not', async () => {
    const found = await adapter.installed(home.context({ kind: 'free' }, false))
    if (!subjectOf(kind).isInstalled) expect(found).toEqual({ path: null, problem: null })
    else if (found.path === null) expect(found.problem).toMatch(SENTENCE)
    else expect(found.problem).toBeNull()
  })
  test('what it says of freeing memory is a sentence, and is true where it says no', async () => {
    if (adapter.free === null) return
    expect(adapter.free.text).toMatch(SENTENCE)
    if (adapter.free.frees) return
    expect(await adapter.free.free('http://127.0.0.1:9', 100)).toMatchObject({ ok: false })
  })
})
