import { describe, expect, test } from 'vitest'
import { lmStudioAdapter } from '../../../../../src/main/runners/adapters/lmstudio/adapter.ts'
import { ollamaAdapter } from '../../../../../src/main/runners/adapters/ollama/adapter.ts'
import type { PlanContext } from '../../../../../src/main/runners/supervisor/adapter.ts'
import type { FieldProfile } from '../../../../../src/shared/model/runner.ts'
import { defaultSettings } from '../../../../../src/shared/settings/schema.ts'

const context: PlanContext = {
  settings: defaultSettings(),
  env: { HOME: '/nowhere', PATH: '/nowhere' },
  firstFreePort: () => Promise.reject(new Error('the port is the service’s')),
  portState: () => Promise.reject(new Error('the port is the service’s'))
}
const profile = (kind: FieldProfile['kind'], modelPath: string, port = 0): FieldProfile => ({
  id: 'a',
  label: 'a',
  kind,
  modelPath,
  settings: { port },
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
})

describe('a plan for a model in a service', () => {
  test('is the command that does the same, at the port of the service', async () => {
    expect(await ollamaAdapter.plan(profile('ollama', 'qwen3:4b'), context)).toMatchObject({
      ok: true,
      value: {
        args: ['run', '--keepalive', '-1s', 'qwen3:4b', ''],
        port: 11434,
        url: 'http://127.0.0.1:11434'
      }
    })
    expect(await lmStudioAdapter.plan(profile('lmstudio', 'a/b', 5555), context)).toMatchObject({
      ok: true,
      value: { args: ['load', 'a/b', '--yes'], port: 5555 }
    })
  })
  test('needs a model', async () => {
    for (const [adapter, kind] of [
      [ollamaAdapter, 'ollama'],
      [lmStudioAdapter, 'lmstudio']
    ] as const) {
      expect(await adapter.plan(profile(kind, ''), context)).toMatchObject({
        ok: false,
        error: { code: 'model-missing' }
      })
    }
  })
})

describe('recognised by their command lines', () => {
  test.each([
    [ollamaAdapter, ['/usr/local/bin/ollama', 'serve'], 11434],
    [ollamaAdapter, ['ollama', 'run', 'x'], null],
    [ollamaAdapter, ['/usr/local/bin/ollama', 'runner', '--model', '/m'], null],
    [ollamaAdapter, [], null],
    [lmStudioAdapter, ['/home/u/.lmstudio/llmster/llmster'], 1234],
    [lmStudioAdapter, ['/opt/lm-studio', '--type=renderer'], null],
    [lmStudioAdapter, ['lms', 'load', 'x'], null]
  ])('%#', (adapter, commandLine, port) => {
    expect(adapter.recognise(commandLine)?.port ?? null).toBe(port)
  })
})
