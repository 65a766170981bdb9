import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPlaybooks, type Playbooks } from '../../../../../src/main/runners/playbooks/playbooks.ts'
import type { Playbook } from '../../../../../src/shared/model/playbook.ts'
import { sampleProfile } from '../../../../support/fake-core.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-playbooks-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const playbook: Playbook = {
  id: 'tiny',
  title: 'Tiny',
  summary: 'A test.',
  kind: 'llamacpp',
  profile: { ...sampleProfile('tiny'), modelPath: 'owner/tiny-GGUF/q/tiny-00001-of-00002.gguf' },
  memoryBytes: null,
  diskBytes: null,
  source: {
    repository: 'owner/tiny-GGUF',
    revision: 'main',
    files: ['q/*.gguf'],
    sizeBytes: 3 * 1024 ** 3,
    gated: false
  },
  sources: ['a test']
}
const write = (path: string, text: unknown): string => {
  const full = join(dir, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, typeof text === 'string' ? text : JSON.stringify(text))
  return full
}
const open = (env: NodeJS.ProcessEnv = {}): Playbooks =>
  createPlaybooks({ folder: join(dir, 'playbooks'), homeDir: dir, env })

test.each([
  ['no JSON', 'nonsense', /JSON/],
  ['a version of tomorrow', { version: 2, playbook }, /version is 2, this Firebreak knows version 1/],
  ['no version', { playbook }, /version is not said/],
  ['no playbook', { version: 1 }, /playbook/],
  [
    'a setting that the kind does not have',
    { version: 1, playbook: { ...playbook, profile: { ...playbook.profile, settings: { nope: 1 } } } },
    /profile\.settings/
  ],
  [
    'an id that is not its file name',
    { version: 1, playbook: { ...playbook, id: 'other' } },
    /its id is 'other'/
  ],
  [
    'a profile of another id',
    { version: 1, playbook: { ...playbook, id: 'broken' } },
    /its profile's id is 'tiny'/
  ],
  [
    'another kind',
    {
      version: 1,
      playbook: { ...playbook, id: 'broken', kind: 'vllm', profile: { ...playbook.profile, id: 'broken' } }
    },
    /its kind is vllm/
  ],
  ['no sources', { version: 1, playbook: { ...playbook, sources: [] } }, /sources/],
  ['a file that is far too large', ' '.repeat(300_000), /300000 bytes/]
])('%s is named with its reason and hides no other', async (_, broken, reason) => {
  write('playbooks/tiny.json', { version: 1, playbook })
  write('playbooks/broken.json', broken)
  write('playbooks/README.md', 'no playbook')
  const playbooks = open()
  expect((await playbooks.list()).map(({ id }) => id)).toEqual(['tiny'])
  expect(playbooks.problems()).toEqual([
    { text: expect.stringMatching(reason), whatToDo: expect.stringContaining('broken.json') }
  ])
  expect(playbooks.problems()[0]?.text).toContain('broken.json')
})

test('a folder that is not there is one problem', async () => {
  const playbooks = open()
  expect(await playbooks.list()).toEqual([])
  expect(playbooks.problems()).toEqual([
    { text: expect.stringMatching(/cannot be read/), whatToDo: 'Install Firebreak again.' }
  ])
})

describe('the model of a playbook', () => {
  const file = 'q/tiny-00001-of-00002.gguf'
  beforeEach(() => void write('playbooks/tiny.json', { version: 1, playbook }))

  test('not on this machine: a start says what to download, the list shows it all the same', async () => {
    expect(await open().profileOf('tiny')).toMatchObject({
      ok: false,
      error: {
        code: 'model-missing',
        message: expect.stringMatching(/owner\/tiny-GGUF \(3\.0 GiB\).*Download it first/)
      }
    })
    expect(await open().list()).toEqual([playbook])
    expect(await open().profileOf('nobody')).toBeNull()
  })

  test.each([
    ['the usual cache', '.cache/huggingface/hub', (): NodeJS.ProcessEnv => ({})],
    ['HF_HOME', 'elsewhere/hub', (): NodeJS.ProcessEnv => ({ HF_HOME: join(dir, 'elsewhere') })],
    ['HF_HUB_CACHE', 'cache', (): NodeJS.ProcessEnv => ({ HF_HUB_CACHE: join(dir, 'cache') })]
  ])('found in %s by the commit that its ref names', async (_, hub, env) => {
    const commit = 'd932fcea62f83e088d8f076a2cd2d7eb02dfa682'
    write(`${hub}/models--owner--tiny-GGUF/refs/main`, commit)
    const path = write(`${hub}/models--owner--tiny-GGUF/snapshots/${commit}/${file}`, 'x')
    expect(await open(env()).profileOf('tiny')).toMatchObject({ ok: true, value: { modelPath: path } })
    expect((await open(env()).list())[0]?.profile.modelPath).toBe(path)
  })

  test('a ref that leads out of the cache is not followed', async () => {
    write('.cache/huggingface/hub/models--owner--tiny-GGUF/refs/main', '../../../../..')
    write(file, 'x')
    expect(await open().profileOf('tiny')).toMatchObject({ ok: false })
  })

  test('found by the list of models where it is in no usual place, whole ones alone', async () => {
    const folder = join(dir, 'playbooks')
    const listed = {
      path: '/lm/owner/tiny-GGUF/tiny-00001-of-00002.gguf',
      repository: 'owner/tiny-GGUF',
      isPartial: false
    }
    const withList = (models: readonly (typeof listed)[]): Playbooks =>
      createPlaybooks({ folder, homeDir: dir, env: {}, findModels: async () => models })
    expect(await withList([listed]).profileOf('tiny')).toMatchObject({
      ok: true,
      value: { modelPath: listed.path }
    })
    for (const other of [
      { isPartial: true },
      { repository: 'other/tiny-GGUF' },
      { path: '/lm/tiny-Q8.gguf' }
    ]) {
      expect(await withList([{ ...listed, ...other }]).profileOf('tiny')).toMatchObject({ ok: false })
    }
  })

  test('a profile that was saved before its model was here is told from others', async () => {
    const playbooks = open()
    expect(playbooks.lacksModel(playbook.profile)).toBe(true)
    const elsewhere = sampleProfile('mine')
    expect(playbooks.lacksModel(elsewhere)).toBe(false)
    expect(await playbooks.withModel(elsewhere)).toEqual({ ok: true, value: elsewhere })
    const path = write('models/tiny-00001-of-00002.gguf', 'x')
    expect(await playbooks.withModel(playbook.profile)).toMatchObject({
      ok: true,
      value: { modelPath: path }
    })
  })

  test.each([
    '.cache/llama.cpp/owner_tiny-GGUF_q_tiny-00001-of-00002.gguf',
    'models/owner/tiny-GGUF/q/tiny-00001-of-00002.gguf',
    'models/tiny-GGUF/q/tiny-00001-of-00002.gguf',
    'models/tiny-00001-of-00002.gguf'
  ])('found as %s', async (path) => {
    const full = write(path, 'x')
    expect(await open().profileOf('tiny')).toMatchObject({ ok: true, value: { modelPath: full } })
  })
})
