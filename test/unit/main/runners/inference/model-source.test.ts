import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONTAINER, makeConformanceHome, valueOf, type ConformanceHome } from '../conformance/subjects.ts'

let home: ConformanceHome
beforeAll(() => {
  home = makeConformanceHome()
  mkdirSync(join(home.dir, 'model dir'))
  writeFileSync(join(home.dir, 'model dir', 'config.json'), '{}')
})
afterAll(() => home.remove())

describe.each(['vllm', 'sglang', 'trtllm'] as const)('the model of %s', (kind) => {
  const plan = (modelPath: string, changes: object = {}) =>
    home.plan(kind, home.profile(kind, { modelPath, ...changes }))

  test('may be a repository, or a folder with its config', async () => {
    for (const model of ['gpt2', 'openai/gpt-oss-120b', join(home.dir, 'model dir'), '~/model dir']) {
      expect(await plan(model), model).toMatchObject({ ok: true })
    }
  })
  test.each([
    ['../model', 'model-invalid'],
    ['a/b/c', 'model-invalid'],
    ['--port', 'model-invalid'],
    ['https://huggingface.co/a/b', 'model-invalid'],
    ['~/nothing', 'model-missing'],
    ['~/tiny.gguf', 'model-invalid'],
    ['~/empty', 'model-invalid']
  ] as const)('%s is refused with what to do: %s', async (model, code) => {
    expect(await plan(model)).toMatchObject({
      ok: false,
      error: { code, message: expect.stringMatching(/\.$/) }
    })
  })
  test('in a container it is looked for where it is mounted from', async () => {
    const mounts = [{ hostPath: home.dir, containerPath: '/models', readOnly: true }]
    const container = { ...CONTAINER, mounts }
    expect(await plan('/models/model dir', { container })).toMatchObject({ ok: true })
    expect(await plan('/models/no', { container })).toMatchObject({ error: { code: 'model-missing' } })
    expect(await plan('/elsewhere', { container })).toMatchObject({
      error: { code: 'model-missing', message: expect.stringContaining('mounted') }
    })
  })
  test('its size is known where its weights are on this machine, for the progress of loading', async () => {
    const folder = join(home.dir, 'weights')
    const hub = join(home.dir, '.cache', 'huggingface', 'hub', 'models--owner--cached')
    const revision = 'a'.repeat(40)
    for (const place of [folder, join(hub, 'snapshots', revision), join(hub, 'refs')]) {
      mkdirSync(place, { recursive: true })
    }
    writeFileSync(join(hub, 'refs', 'main'), revision)
    for (const place of [folder, join(hub, 'snapshots', revision)]) {
      writeFileSync(join(place, 'config.json'), '{}')
      writeFileSync(join(place, 'model-00001-of-00002.safetensors'), 'x'.repeat(1000))
      writeFileSync(join(place, 'model-00002-of-00002.safetensors'), 'x'.repeat(500))
      writeFileSync(join(place, 'consolidated.safetensors'), 'x'.repeat(1500))
    }
    const bytes = async (modelPath: string, changes: object = {}) =>
      valueOf(await plan(modelPath, changes)).modelBytes
    expect(await bytes(folder)).toBe(1500)
    expect(await bytes('owner/cached')).toBe(1500)
    expect(await bytes('owner/elsewhere')).toBeNull()
    expect(await bytes('~/model dir')).toBeNull()
    const mount = {
      hostPath: '~/.cache/huggingface',
      containerPath: '/root/.cache/huggingface',
      readOnly: true
    }
    expect(await bytes('owner/cached', { container: { ...CONTAINER, mounts: [mount] } })).toBe(1500)
    expect(await bytes('owner/cached', { container: CONTAINER })).toBeNull()
  })
  test('is not looked for where only the command is wanted', async () => {
    const profile = home.profile(kind, { modelPath: '/nowhere/model' })
    const context = { ...home.context({ kind: 'free' }, false), isPreview: true }
    expect(await home.plan(kind, profile, context)).toMatchObject({ ok: true })
  })
})
