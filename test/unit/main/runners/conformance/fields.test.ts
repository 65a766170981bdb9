import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FieldSpec } from '../../../../../src/shared/model/runner-spec.ts'
import { RUNNER_KINDS, type RunnerKind } from '../../../../../src/shared/model/runner.ts'
import { RUNNER_SPECS, settingProblem } from '../../../../../src/shared/model/specs/index.ts'
import { CONTAINER, makeConformanceHome, subjectOf, valueOf, type ConformanceHome } from './subjects.ts'

let home: ConformanceHome
beforeAll(() => {
  home = makeConformanceHome()
})
afterAll(() => home.remove())

/** Allowed values that are not the default. */
function others(field: FieldSpec): readonly unknown[] {
  switch (field.type) {
    case 'int':
    case 'number':
      return [field.min, field.max].filter((value) => value !== field.default)
    case 'choice':
      return field.options.map(({ value }) => value).filter((value) => value !== field.default)
    case 'flag':
      return [!field.default]
    case 'text':
      return ['/usr/bin/env']
    default:
      return [['NAME=value']]
  }
}

/** What would be launched, or why not: all that a setting can change. */
async function outcome(kind: RunnerKind, settings: Readonly<Record<string, unknown>>): Promise<string> {
  const container = subjectOf(kind).container === 'only' ? CONTAINER : null
  return JSON.stringify(await home.plan(kind, home.profile(kind, { settings, container })))
}

/** Read at other times than when a launch is planned, or only together with another one. */
const ELSEWHERE: Readonly<Partial<Record<RunnerKind, readonly string[]>>> = {
  finetune: ['outputDir', 'resume', 'resumeArgs']
}

const CASES = RUNNER_KINDS.filter((kind) => RUNNER_SPECS[kind].way === 'process').flatMap((kind) =>
  RUNNER_SPECS[kind].fields
    .filter(({ key }) => !(ELSEWHERE[kind] ?? []).includes(key))
    .map((field) => [kind, field.key, field] as const)
)

describe('settings', () => {
  test.each(CASES)('%s: %s changes what is launched, or why it is not', async (kind, key, field) => {
    const usual = await outcome(kind, {})
    for (const value of others(field)) {
      expect(settingProblem(kind, key, value)).toBeNull()
      expect(await outcome(kind, { [key]: value }), `${key} = ${String(value)}`).not.toBe(usual)
    }
  })
})

describe.each(RUNNER_KINDS.filter((kind) => RUNNER_SPECS[kind].way === 'service'))(
  'a service: %s',
  (kind) => {
    test('no model at all is refused', async () => {
      expect(await home.plan(kind, home.profile(kind, { modelPath: '' }))).toMatchObject({
        ok: false,
        error: { code: 'model-missing', message: expect.stringMatching(/Give one/) }
      })
    })
    test('its port is its own: that somebody listens there is as it should be', async () => {
      const profile = home.profile(kind, { settings: { port: 8123 } })
      const plan = valueOf(await home.plan(kind, profile, home.context({ kind: 'taken', by: 'itself' })))
      expect(plan).toMatchObject({ port: 8123, url: 'http://127.0.0.1:8123', container: null })
      expect(valueOf(await home.plan(kind, home.profile(kind))).port).toBe(RUNNER_SPECS[kind].defaultPort)
    })
    test('the name of a model stays one argument, whatever is in it', async () => {
      const modelPath = `a b/$(touch x):'7b"`
      const plan = valueOf(await home.plan(kind, home.profile(kind, { modelPath })))
      expect(plan.args).toContain(modelPath)
    })
  }
)
