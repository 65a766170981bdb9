import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { loadPlaybooks } from '../../../../../src/main/runners/playbooks/load.ts'
import { redactArgs } from '../../../../../src/main/runners/supervisor/redact.ts'
import { profileSchema } from '../../../../../src/shared/contract/schemas.ts'
import { defaultSettings } from '../../../../../src/shared/settings/schema.ts'

const literally = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
const folder = resolve(import.meta.dirname, '../../../../../resources/playbooks')
const { playbooks, problems } = loadPlaybooks(folder)

test('every file that ships can be used', () => {
  expect(problems).toEqual([])
  expect(playbooks).toHaveLength(readdirSync(folder).length)
})

test('the work that people review these machines with is there', () => {
  expect(playbooks.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      'gpt-oss-120b-llamacpp',
      'gpt-oss-120b-vllm',
      'gpt-oss-120b-trtllm',
      'qwen3-32b-llamacpp',
      'llama-3.3-70b-trtllm',
      'flux.1-dev-comfyui',
      'llama-3.2-3b-full-finetune',
      'llama-3.1-8b-lora',
      'llama-3.3-70b-qlora',
      'flux.1-dev-dreambooth-lora',
      'open-webui-ollama',
      'jupyterlab'
    ])
  )
})

describe.each(playbooks.map((playbook) => [playbook.id, playbook] as const))('%s', (_, playbook) => {
  const { profile, source } = playbook

  test('is a profile that its kind understands', () => {
    const parsed = profileSchema.safeParse(profile)
    expect(parsed.error?.issues).toBeUndefined()
  })

  test('has a command, in which every setting is understood', async () => {
    const planned = await ADAPTERS[profile.kind].plan(profile, {
      settings: defaultSettings(),
      firstFreePort: async (from) => from,
      portState: async () => ({ kind: 'free' }),
      env: { HOME: '/nonexistent', PATH: '' },
      isPreview: true
    })
    if (!planned.ok) throw new Error(planned.error.message)
    const { file, args, container } = planned.value
    const model = source === null ? profile.modelPath : profile.modelPath.replace(`${source.repository}/`, '')
    if (profile.modelPath !== '' && profile.container?.image !== 'flux-train:latest') {
      expect([file, ...args].join(' ')).toContain(model)
    }
    // What {model} and the like stand for is known by now.
    expect(args.filter((arg) => /\{(model|output)\}/.test(arg))).toEqual([])
    expect(container?.image ?? null).toBe(profile.container?.image ?? null)
  })

  test('keeps to itself and names no secret', () => {
    expect(profile.lan).toBe(false)
    const env = profile.container?.env ?? []
    expect(redactArgs(env)).toEqual(env)
  })

  test('pins its image by a tag or digest', () => {
    if (profile.container === null) return
    expect(profile.container.image).toMatch(/[^/]:[\w.-]+$|@sha256:/)
  })

  test('a file that it loads is one that it downloads', () => {
    if (profile.kind !== 'llamacpp' || source === null) return
    const file = profile.modelPath.replace(`${source.repository}/`, '')
    expect(file).not.toBe(profile.modelPath)
    const pattern = (name: string): RegExp => new RegExp(`^${name.split('*').map(literally).join('.*')}$`)
    expect(source.files.some((name) => pattern(name).test(file))).toBe(true)
  })
})
