import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { containerCommandLine } from '../../../../../src/main/runners/containers/command-line.ts'
import {
  createPreviewer,
  PREVIEW_DEADLINE_MS,
  type Preview,
  type PreviewPorts
} from '../../../../../src/main/runners/preview/preview.ts'
import type { FieldProfile, LlamaCppProfile, Profile } from '../../../../../src/shared/model/runner.ts'
import { defaultSettings } from '../../../../../src/shared/settings/schema.ts'
import { sampleProfile } from '../../../../support/fake-core.ts'
import { makeGguf } from '../../../../support/make-gguf.ts'

let dir: string
let holder: Server | null

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-preview-'))
  holder = null
})
afterEach(() => {
  holder?.close()
  rmSync(dir, { recursive: true, force: true })
  vi.useRealTimers()
})

const previewer = (changes: Partial<PreviewPorts> = {}): ((profile: Profile) => Promise<Preview>) =>
  createPreviewer({
    adapters: ADAPTERS,
    places: { procRoot: '/proc', homeDir: dir },
    settings: defaultSettings,
    env: { PATH: join(dir, 'bin') },
    nowMs: () => performance.now(),
    containerCommandLine: (plan, { id }) => containerCommandLine(plan, id, 'docker', dir),
    portOf: () => null,
    ...changes
  })

const llama = (changes: Partial<LlamaCppProfile> = {}, settings = {}): LlamaCppProfile => {
  const profile = sampleProfile('tiny')
  if (profile.kind !== 'llamacpp') throw new Error('no llama.cpp profile')
  return { ...profile, ...changes, settings: { ...profile.settings, ...settings } }
}
const vllm = (changes: Partial<FieldProfile> = {}): FieldProfile => ({
  ...llama(),
  id: 'oss',
  kind: 'vllm',
  modelPath: 'openai/gpt-oss-120b',
  settings: {},
  container: {
    image: 'nvcr.io/nvidia/vllm:26.05.post1-py3',
    gpus: true,
    shmMiB: 0,
    hostIpc: true,
    mounts: [
      { hostPath: '~/.cache/huggingface', containerPath: '/root/.cache/huggingface', readOnly: false }
    ],
    env: ['HF_TOKEN=hf_verysecret', 'VLLM_X=1']
  },
  ...changes
})

const installed = (): string => {
  mkdirSync(join(dir, 'bin'))
  const path = join(dir, 'bin', 'llama-server')
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 })
  return path
}

describe('a program of this machine', () => {
  test('as it would be launched, with nothing to warn of', async () => {
    const program = installed()
    makeGguf(join(dir, 'tiny.gguf'))
    const shown = await previewer()(llama({ modelPath: '~/tiny.gguf' }))
    expect(shown.warnings).toEqual([])
    expect(shown.commandLine.slice(0, 3)).toEqual([program, '-m', join(dir, 'tiny.gguf')])
    expect(shown.text).toContain(`LLAMA_ARG_CORS_ORIGINS=localhost`)
    expect(shown.text).toContain(`-m ${join(dir, 'tiny.gguf')}`)
  })

  test('where program and model are missing, the command is shown and both are named', async () => {
    const shown = await previewer()(llama())
    expect(shown.commandLine.slice(0, 3)).toEqual(['llama-server', '-m', '/models/tiny.gguf'])
    expect(shown.warnings).toHaveLength(1)
    expect(shown.warnings[0]).toMatch(/llama-server was not found[\s\S]*tiny\.gguf/)
  })

  test('a secret among the arguments is in neither form', async () => {
    const shown = await previewer()(llama({}, { extraArgs: ['--api-key', 'k-very-secret'] }))
    expect(JSON.stringify(shown)).not.toContain('very-secret')
    expect(shown.commandLine).toContain('•••')
    expect(shown.text).toContain('--api-key "$API_KEY"')
  })

  test('a port that another program holds is a warning; its own is none', async () => {
    installed()
    makeGguf(join(dir, 'tiny.gguf'))
    holder = createServer()
    const port = await new Promise<number>((settle) => {
      holder?.listen(0, '127.0.0.1', () => {
        const address = holder?.address()
        settle(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    const profile = llama({ modelPath: join(dir, 'tiny.gguf') }, { port })
    const taken = await previewer()(profile)
    expect(taken.warnings).toEqual([expect.stringMatching(new RegExp(`Port ${port} is in use by`))])
    expect(taken.commandLine).toContain(String(port))
    const own = await previewer({ portOf: () => port })(profile)
    expect(own.warnings).toEqual([])
  })
})

describe('a container', () => {
  test("as the engine's own command, home expanded, its secret hidden and replaced", async () => {
    const shown = await previewer()(vllm())
    expect(shown.warnings).toEqual([])
    expect(shown.commandLine.slice(0, 2)).toEqual(['docker', 'run'])
    expect(shown.commandLine).toContain('nvcr.io/nvidia/vllm:26.05.post1-py3')
    expect(shown.text).toContain(join(dir, '.cache/huggingface'))
    expect(JSON.stringify(shown)).not.toContain('verysecret')
    expect(shown.commandLine).toContain('HF_TOKEN=•••')
    expect(shown.text).toContain('HF_TOKEN="$HF_TOKEN"')
    expect(shown.text).toContain('VLLM_X=1')
  })

  test('open to the network: a warning', async () => {
    const shown = await previewer()(vllm({ lan: true }))
    expect(shown.warnings).toEqual(['Everyone in your network can use it.'])
    expect(shown.text).toContain('0.0.0.0:')
  })

  test('without a model: the example stands for it, and it is said', async () => {
    const shown = await previewer()(vllm({ modelPath: '' }))
    expect(shown.warnings).toEqual([expect.stringMatching(/names no model/)])
    expect(shown.commandLine.join(' ')).toContain('openai/gpt-oss-120b')
  })
})

test('a drive that does not answer holds up one preview, and the next says so at once', async () => {
  vi.useFakeTimers()
  let plans = 0
  const hanging = {
    ...ADAPTERS.llamacpp,
    plan: () => {
      plans += 1
      return new Promise<never>(() => undefined)
    }
  }
  const preview = previewer({ adapters: { ...ADAPTERS, llamacpp: hanging } })
  const first = preview(llama())
  await vi.advanceTimersByTimeAsync(PREVIEW_DEADLINE_MS)
  const expected = {
    commandLine: [],
    text: '',
    warnings: [expect.stringMatching(/could not be checked within 2 s/)]
  }
  expect(await first).toEqual(expected)
  expect(await preview(llama())).toEqual(expected)
  expect(plans).toBe(1)
})

test('an adapter that throws is a warning', async () => {
  const broken = {
    ...ADAPTERS.llamacpp,
    plan: async () => {
      throw new Error('a bug')
    }
  }
  const shown = await previewer({ adapters: { ...ADAPTERS, llamacpp: broken } })(llama())
  expect(shown).toEqual({ commandLine: [], text: '', warnings: ['The launch could not be prepared: a bug.'] })
})
