import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/main/platform/system.ts'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import { createPlaybooks } from '../../src/main/runners/playbooks/playbooks.ts'
import { createRunners } from '../../src/main/runners/supervisor/runners.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import { defaultLlamaCppSettings } from '../../src/shared/settings/llamacpp-defaults.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import { quietLogger, sampleProfile } from '../support/fake-core.ts'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../support/headless-core.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, type RunnerHome } from '../support/runner-home.ts'

const found = await llamaServerOrSkip()
const binary = 'path' in found ? found.path : ''
const COMMIT = 'd932fcea62f83e088d8f076a2cd2d7eb02dfa682'

describe('a playbook under the supervisor', () => {
  beforeEach(needsLlamaServer(found))
  let home: RunnerHome
  let runners: Runners

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(home.dir, path)), { recursive: true })
    writeFileSync(join(home.dir, path), text)
  }

  beforeAll(() => {
    home = makeRunnerHome()
    const profile = {
      ...sampleProfile('tiny-playbook'),
      modelPath: 'owner/tiny-GGUF/tiny.gguf',
      settings: { ...defaultLlamaCppSettings(), binary }
    }
    const playbook = {
      id: 'tiny-playbook',
      title: 'Tiny',
      summary: 'A test.',
      kind: 'llamacpp',
      profile,
      memoryBytes: null,
      diskBytes: null,
      source: {
        repository: 'owner/tiny-GGUF',
        revision: 'main',
        files: ['*.gguf'],
        sizeBytes: 240_000,
        gated: false
      },
      sources: ['a test']
    }
    write('playbooks/tiny-playbook.json', JSON.stringify({ version: 1, playbook }))
    const playbooks = createPlaybooks({ folder: join(home.dir, 'playbooks'), homeDir: home.dir, env: {} })
    runners = createRunners({
      places: home.places,
      clock: systemClock,
      logger: quietLogger(),
      machine: home.machine,
      settings: defaultSettings,
      adapters: ADAPTERS,
      findPlaybook: playbooks.profileOf
    })
  })
  afterAll(async () => {
    for (const { id } of runners.list()) await runners.stop(id)
    runners.dispose()
    home.remove()
  })

  test('without its model it says what to download, and leaves no profile behind', async () => {
    expect(await runners.start('tiny-playbook', undefined)).toMatchObject({
      ok: false,
      error: { code: 'model-missing', message: expect.stringMatching(/owner\/tiny-GGUF/) }
    })
    expect(runners.profiles()).toEqual([])
  })

  test('with it, it is started by its id and becomes a profile', async () => {
    const hub = '.cache/huggingface/hub/models--owner--tiny-GGUF'
    write(`${hub}/refs/main`, COMMIT)
    write(`${hub}/snapshots/${COMMIT}/.keep`, '')
    const model = makeGguf(join(home.dir, hub, 'snapshots', COMMIT, 'tiny.gguf'))
    const started = await runners.start('tiny-playbook', { contextTokens: 256 })
    if (!started.ok) throw new Error(started.error.message)
    await untilState(runners, 'tiny-playbook', 'ready')
    expect(runners.profiles()).toMatchObject([
      { id: 'tiny-playbook', modelPath: model, settings: { contextTokens: 256 } }
    ])
    expect((await runners.stop('tiny-playbook')).ok).toBe(true)
    const again = await runners.start('tiny-playbook', undefined)
    expect(again.ok).toBe(true)
    await untilState(runners, 'tiny-playbook', 'ready')
    expect(runners.profiles()).toHaveLength(1)
    expect((await runners.stop('tiny-playbook')).ok).toBe(true)
  })
})

describe('the built core', () => {
  let home: Home
  let core: HeadlessCore

  beforeAll(async () => {
    home = makeHome()
    core = await startHeadless(home)
  })
  afterEach(() => expect(core.stderr()).not.toMatch(/playbook/i))
  afterAll(async () => {
    await core.end()
    home.remove()
  })

  test('finds the playbooks that ship with it', async () => {
    const listed = await core.client.call('playbooks.list', {})
    if (!listed.ok) throw new Error(listed.error.message)
    expect(listed.value.map(({ id }) => id)).toContain('gpt-oss-120b-llamacpp')
    expect(listed.value.length).toBeGreaterThanOrEqual(12)
  })

  test('previews one, with its warning, and promises no port', async () => {
    const listed = await core.client.call('playbooks.list', {})
    const playbook = listed.ok ? listed.value.find(({ id }) => id === 'gpt-oss-120b-vllm') : undefined
    if (playbook === undefined) throw new Error('no such playbook')
    const profile = { ...playbook.profile, lan: true }
    const first = await core.client.call('profiles.preview', { profile: profile as never })
    const second = await core.client.call('profiles.preview', { profile: profile as never })
    if (!first.ok) throw new Error(first.error.message)
    expect(first).toEqual(second)
    expect(first.value.warnings).toContain('Everyone in your network can use it.')
    expect(first.value.text).toMatch(/^docker run/)
    expect(first.value.text).toContain('--gpu-memory-utilization 0.7')
  })

  test('a profile of a playbook that is saved before its model is here says what to download', async () => {
    const listed = await core.client.call('playbooks.list', {})
    const playbook = listed.ok ? listed.value.find(({ id }) => id === 'qwen3-32b-llamacpp') : undefined
    if (playbook === undefined) throw new Error('no such playbook')
    const profile = playbook.profile as never
    expect((await core.client.call('profiles.save', profile)).ok).toBe(true)
    const message = expect.stringMatching(/Qwen\/Qwen3-32B-GGUF \(18\.4 GiB\)[\s\S]*Download it first/)
    expect(await core.client.call('runners.start', { target: playbook.id })).toMatchObject({
      ok: false,
      error: { code: 'model-missing', message }
    })
    const shown = await core.client.call('profiles.preview', { profile })
    expect(shown).toMatchObject({ ok: true, value: { warnings: expect.arrayContaining([message]) } })
    const file = join(home.dir, 'models', 'Qwen3-32B-Q4_K_M.gguf')
    mkdirSync(dirname(file))
    makeGguf(file)
    const found = await core.client.call('profiles.preview', { profile })
    expect(found).toMatchObject({ ok: true, value: { commandLine: expect.arrayContaining([file]) } })
    expect((await core.client.call('profiles.save', profile)).ok).toBe(true)
    const saved = await core.client.call('profiles.list', {})
    expect(saved).toMatchObject({ value: [{ id: playbook.id, modelPath: file }] })
    expect((await core.client.call('profiles.remove', { id: playbook.id })).ok).toBe(true)
  })

  test('exports profiles without their secrets and imports them beside the old ones', async () => {
    const profile = {
      ...sampleProfile('secret'),
      kind: 'vllm' as const,
      modelPath: 'a/b',
      settings: {},
      container: {
        image: 'x/y:1',
        gpus: false,
        shmMiB: 0,
        hostIpc: false,
        mounts: [],
        env: ['HF_TOKEN=hf_verysecret']
      }
    }
    expect((await core.client.call('profiles.save', profile)).ok).toBe(true)
    const exported = await core.client.call('profiles.export', { ids: ['secret'] })
    if (!exported.ok) throw new Error(exported.error.message)
    expect(exported.value.text).not.toContain('verysecret')
    const imported = await core.client.call('profiles.import', { text: exported.value.text })
    if (!imported.ok) throw new Error(imported.error.message)
    expect(imported.value.profiles).toMatchObject([{ id: 'secret-2', container: { env: [] } }])
    expect(imported.value.problems).toEqual(['secret: HF_TOKEN was left out of the file. Give it again.'])
    const saved = readFileSync(join(home.dir, 'config', 'profiles', 'secret-2.json'), 'utf8')
    expect(saved).not.toContain('verysecret')
    expect(await core.client.call('profiles.export', { ids: ['nobody'] })).toMatchObject({
      ok: false,
      error: { code: 'not-found' }
    })
  })

  test('says how a runner is set up', async () => {
    const steps = await core.client.call('runners.set-up', { kind: 'llamacpp' })
    expect(steps.ok).toBe(true)
  })
})
