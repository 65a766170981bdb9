import { describe, expect, test } from 'vitest'
import { defaultLlamaCppSettings } from '../../../src/shared/settings/llamacpp-defaults.ts'
import type { Profile } from '../../../src/shared/model/runner.ts'
import { profileSchema } from '../../../src/shared/contract/schemas.ts'
import { GIB } from '../../../src/renderer/src/format/bytes.ts'
import {
  SAFE_DRAFT,
  draftErrors,
  draftOf,
  draftProfile,
  isAbout
} from '../../../src/renderer/src/features/models/draft.ts'
import { parseFolders, parseSeconds } from '../../../src/renderer/src/features/settings/parse.ts'
import { gibField, parseGib } from '../../../src/renderer/src/format/gib.ts'

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
    expect(profile.settings.parallelSlots).toBe(1)
    expect(draftProfile(draftOf(profile), profile.id, [])).toEqual(profile)
    const guarded: Profile = { ...profile, importance: 'high', pinned: true, floorBytes: 1.5 * GIB }
    expect(draftProfile(draftOf(guarded), guarded.id, [])).toEqual(guarded)
  })

  test.each([
    ['modelPath', '', 'Give the path'],
    ['modelPath', 'models/x.gguf', 'whole path'],
    ['port', '70000', 'Between 0 and 65535'],
    ['contextTokens', '4k', 'whole number'],
    ['parallelSlots', '0', 'Between 1 and 256'],
    ['gpuLayers', '', 'whole number'],
    ['floorGib', 'low', 'number of GiB']
  ] as const)('%s = %j is told in its place', (field, value, words) => {
    const errors = draftErrors({ ...SAFE_DRAFT, modelPath: '/m/x.gguf', [field]: value })
    expect(errors[field]).toContain(words)
    expect(Object.keys(errors)).toEqual([field])
  })

  test('a refusal goes with the field it is about, or with any where it is about none', () => {
    expect(isAbout('model-missing', 'modelPath')).toBe(true)
    expect(isAbout('model-missing', 'port')).toBe(false)
    expect(isAbout('port-in-use', 'port')).toBe(true)
    expect(isAbout('refused', 'label')).toBe(true)
  })

  test('a second profile of one file gets a name of its own', () => {
    const draft = { ...SAFE_DRAFT, modelPath: '/m/tiny.gguf' }
    const second = draftProfile(draft, null, [{ id: 'tiny', label: 'tiny' }])
    expect(second).toMatchObject({ id: 'tiny-2', label: 'tiny-2' })
    expect(draftProfile({ ...draft, label: 'tiny' }, null, []).label).toBe('tiny')
  })

  test('extra arguments are one per line, as they are', () => {
    const draft = { ...SAFE_DRAFT, modelPath: '/m/x.gguf', extraArgs: '--alias\nmy model; rm -rf /\n\n' }
    expect(draftProfile(draft, null, []).settings.extraArgs).toEqual(['--alias', 'my model; rm -rf /'])
  })
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
