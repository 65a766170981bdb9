import { describe, expect, test } from 'vitest'
import { RUNNER_SPECS } from '../../../src/shared/model/specs/index.ts'
import { defaultLlamaCppSettings } from '../../../src/shared/settings/llamacpp-defaults.ts'
import { RUNNER_KINDS, type Profile, type RunnerKind } from '../../../src/shared/model/runner.ts'
import { profileSchema } from '../../../src/shared/contract/schemas.ts'
import { GIB } from '../../../src/renderer/src/format/bytes.ts'
import { formFields } from '../../../src/renderer/src/features/models/fields.ts'
import { hasSecretLine } from '../../../src/renderer/src/features/models/secrets.ts'
import { shellText } from '../../../src/renderer/src/features/models/shell-text.ts'
import {
  containerSettings,
  usualContainer
} from '../../../src/renderer/src/features/models/container-draft.ts'
import {
  draftErrors,
  draftOf,
  draftProfile,
  isAbout,
  saidAtOnce,
  newDraft,
  type Draft
} from '../../../src/renderer/src/features/models/draft.ts'
import { parseFolders, parseSeconds } from '../../../src/renderer/src/features/settings/parse.ts'
import { gibField, parseGib } from '../../../src/renderer/src/format/gib.ts'

const SAFE_DRAFT = newDraft('llamacpp')
/** A new form with what only its user can know. */
const filled = (kind: RunnerKind, modelPath: string, isInstalled = true): Draft => {
  const draft = newDraft(kind, isInstalled)
  const values = kind === 'custom' ? { ...draft.values, command: 'my-server' } : draft.values
  return { ...draft, values, modelPath }
}
const draftFrom = (over: Partial<Draft>): Draft => ({ ...SAFE_DRAFT, modelPath: '/m/x.gguf', ...over })

describe('the form of a model', () => {
  test('offers the defaults of the core', () => {
    const profile = draftProfile({ ...SAFE_DRAFT, modelPath: '/m/x.gguf' }, null, [])
    expect(profile.settings).toEqual(defaultLlamaCppSettings())
  })

  test('safe defaults with a path make a profile that the contract takes', () => {
    const draft = { ...SAFE_DRAFT, modelPath: ' /m/Qwen3 32B.gguf ' }
    expect(draftErrors(draft)).toEqual({})
    const profile = draftProfile(draft, null, [{ id: 'qwen3-32b', label: 'x' }])
    expect(profileSchema.parse(profile)).toEqual(profile)
    expect(profile).toMatchObject({ id: 'qwen3-32b-2', label: 'Qwen3 32B', modelPath: '/m/Qwen3 32B.gguf' })
    expect(profile.settings).toMatchObject({ parallelSlots: 1 })
    expect(draftProfile(draftOf(profile), profile.id, [])).toEqual(profile)
    const guarded: Profile = { ...profile, importance: 'high', pinned: true, floorBytes: 1.5 * GIB }
    expect(draftProfile(draftOf(guarded), guarded.id, [])).toEqual(guarded)
  })

  test.each([
    ['modelPath', '', 'Give the path'],
    ['modelPath', 'models/x.gguf', 'whole path'],
    ['floorGib', 'low', 'number of GiB']
  ] as const)('%s = %j is told in its place', (field, value, words) => {
    const errors = draftErrors(draftFrom({ [field]: value }))
    expect(errors[field]).toContain(words)
    expect(Object.keys(errors)).toEqual([field])
  })

  test.each([
    ['port', '70000', 'Between 0 and 65535'],
    ['contextTokens', '4k', 'whole number'],
    ['parallelSlots', '0', 'Between 1 and 256'],
    ['gpuLayers', '', 'whole number']
  ])('the setting %s = %j is told in its place', (key, value, words) => {
    const errors = draftErrors(draftFrom({ values: { ...SAFE_DRAFT.values, [key]: value } }))
    expect(errors[`values.${key}`]).toContain(words)
    expect(Object.keys(errors)).toEqual([`values.${key}`])
  })

  test.each([
    ['label', { label: 'x'.repeat(201) }, 'At most 200 characters'],
    ['modelPath', { modelPath: `/${'x'.repeat(4096)}` }, 'At most 4096 characters'],
    ['values.extraArgs', { values: { ...SAFE_DRAFT.values, extraArgs: 'x'.repeat(4097) } }, 'a line'],
    ['values.extraArgs', { values: { ...SAFE_DRAFT.values, extraArgs: 'x\n'.repeat(257) } }, '256 lines'],
    ['values.binary', { values: { ...SAFE_DRAFT.values, binary: 'x'.repeat(4097) } }, 'At most 4096']
  ] as const)('%s longer than the contract takes is told in its place', (field, over, words) => {
    const errors = draftErrors(draftFrom(over))
    expect(errors[field]).toContain(words)
    expect(Object.keys(errors)).toEqual([field])
  })

  test('a model file with a name without end makes a name that is taken', () => {
    const draft = draftFrom({ modelPath: `/m/${'x'.repeat(250)}.gguf` })
    expect(draftErrors(draft)).toEqual({})
    expect(profileSchema.safeParse(draftProfile(draft, null, [])).success).toBe(true)
  })

  test.each(['99999999', 'abc', '-5', '', '4096.5'])(
    'the context %j is told while one types, and an empty path is not',
    (contextTokens) => {
      const errors = draftErrors({ ...SAFE_DRAFT, values: { ...SAFE_DRAFT.values, contextTokens } })
      expect(Object.keys(saidAtOnce(errors))).toEqual(['values.contextTokens'])
      expect(errors['modelPath']).toBeDefined()
    }
  )

  test('an own command without a program is told in its place', () => {
    expect(draftErrors(newDraft('custom', true))).toEqual({
      'values.command': 'Write the program and its arguments, one a line.'
    })
  })

  test('a refusal goes with the field it is about, or with any where it is about none', () => {
    expect(isAbout('model-missing', 'modelPath')).toBe(true)
    expect(isAbout('model-missing', 'values.port')).toBe(false)
    expect(isAbout('port-in-use', 'values.port')).toBe(true)
    expect(isAbout('refused', 'label')).toBe(true)
  })

  test('a second profile of one file gets a name of its own', () => {
    const draft = { ...SAFE_DRAFT, modelPath: '/m/tiny.gguf' }
    const second = draftProfile(draft, null, [{ id: 'tiny', label: 'tiny' }])
    expect(second).toMatchObject({ id: 'tiny-2', label: 'tiny-2' })
    expect(draftProfile({ ...draft, label: 'tiny' }, null, []).label).toBe('tiny')
  })

  test('extra arguments are one per line, as they are', () => {
    const draft = draftFrom({
      values: { ...SAFE_DRAFT.values, extraArgs: '--alias\nmy model; rm -rf /\n\n' }
    })
    expect(draftProfile(draft, null, []).settings).toMatchObject({
      extraArgs: ['--alias', 'my model; rm -rf /']
    })
  })
})

describe('the form of every kind', () => {
  const MODELS = { gguf: '/m/x.gguf', repository: 'owner/name', tag: 'name:1b', path: '/srv/x', none: '' }

  test.each(RUNNER_KINDS)('%s: what a new form shows is a profile that the contract takes', (kind) => {
    const draft = filled(kind, MODELS[RUNNER_SPECS[kind].model.form])
    expect(draftErrors(draft)).toEqual({})
    const profile = draftProfile(draft, null, [])
    expect(profileSchema.parse(profile)).toEqual(profile)
    expect(draftProfile(draftOf(profile), profile.id, [])).toEqual(profile)
  })

  test.each(RUNNER_KINDS)('%s: in a container too', (kind) => {
    const container = { ...usualContainer(kind), image: 'docker.io/owner/name:1' }
    const draft = { ...newDraft(kind), container, modelPath: MODELS[RUNNER_SPECS[kind].model.form] }
    const profile = draftProfile(draft, null, [])
    expect(profileSchema.parse(profile)).toEqual(profile)
    expect(draftOf(profile).container).toEqual(container)
  })

  test.each(RUNNER_KINDS)('%s: each number out of its range is told, and nothing else', (kind) => {
    for (const field of formFields(kind)) {
      if (field.type !== 'int' && field.type !== 'number') continue
      for (const bad of [String(field.max + 1), String(field.min - 1), 'x', '']) {
        const draft = filled(kind, MODELS[RUNNER_SPECS[kind].model.form])
        const errors = draftErrors({ ...draft, values: { ...draft.values, [field.key]: bad } })
        expect(Object.keys(errors)).toEqual([`values.${field.key}`])
      }
    }
  })

  test('a kind that its vendor ships as an image runs in a container where no program is here', () => {
    expect(newDraft('vllm').container?.image).toBe(RUNNER_SPECS.vllm.image)
    expect(newDraft('vllm', true).container).toBeNull()
    expect(newDraft('llamacpp').container).toBeNull()
  })

  test.each([
    ['container.image', { image: ' ' }],
    ['container.shmMiB', { shmMiB: 'much' }],
    ['container.mounts.0', { mounts: [{ row: 0, hostPath: 'models', containerPath: '/m', readOnly: true }] }],
    ['container.mounts.0', { mounts: [{ row: 0, hostPath: '~/m', containerPath: 'm', readOnly: true }] }],
    [
      'container.env.1',
      {
        env: [
          { row: 0, name: 'A', value: '' },
          { row: 1, name: '1 B', value: 'x' }
        ]
      }
    ]
  ] as const)('%s is told in its place', (field, over) => {
    const draft = { ...newDraft('vllm'), modelPath: 'owner/name' }
    const container = { ...usualContainer('vllm'), ...over }
    expect(Object.keys(draftErrors({ ...draft, container }))).toEqual([field])
  })

  test('a variable keeps every sign of its value', () => {
    const env = [{ row: 0, name: 'TOKEN', value: 'a=b= c' }]
    expect(containerSettings({ ...usualContainer('nim'), env }).env).toEqual(['TOKEN=a=b= c'])
  })
})

test.each([
  ['HF_TOKEN=hf_x', true],
  ['A=1\nNGC_API_KEY=x', true],
  ['A=1\nB=token', false],
  ['--max-key=3', false],
  ['', false]
])('%j has a secret: %j', (text, is) => expect(hasSecretLine(text)).toBe(is))

test('a command is quoted as a terminal takes it', () => {
  expect(shellText(['a', '--b=c', 'my file', "it's", '$HOME', ''])).toBe(
    "a --b=c 'my file' 'it'\\''s' '$HOME' ''"
  )
})

test.each([
  ['', null],
  ['6', 6 * GIB],
  ['5,5 GiB', 5.5 * GIB],
  ['six', 'bad'],
  ['-1', 'bad'],
  ['9'.repeat(30), 'bad']
])('%j GiB is %j bytes', (text, bytes) => expect(parseGib(text)).toBe(bytes))

test.each([
  ['', { value: null, bad: null }],
  [' 90 s', { value: 90, bad: null }],
  ['5', { value: 5, bad: null }],
  ['4', { bad: 'Write a whole number: 5 to 86400 seconds.' }],
  ['86401', { bad: 'Write a whole number: 5 to 86400 seconds.' }],
  ['1.5', { bad: 'Write a whole number: 5 to 86400 seconds.' }],
  ['soon', { bad: 'Write a whole number: 5 to 86400 seconds.' }]
] as const)('%j seconds is %j', (text, read) => expect(parseSeconds(text, [5, 86_400])).toEqual(read))

test('a reserve is shown as typed', () => {
  expect(gibField(null)).toBe('')
  expect(gibField(5.5 * GIB)).toBe('5.5')
})

test('folders: one per line, relative ones are named', () => {
  expect(parseFolders(' /a \n\n~/models\n')).toEqual({ folders: ['/a', '~/models'], bad: null })
  expect(parseFolders('/a\nmodels').bad).toBe('models')
})
