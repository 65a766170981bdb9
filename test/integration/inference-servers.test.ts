import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import { profileSchema } from '../../src/shared/contract/schemas.ts'
import type { RunnerView } from '../../src/shared/model/runner.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const NODE = process.execPath
const MODEL = 'owner/model-7B'
type Kind = 'vllm' | 'sglang' | 'trtllm'
/** Name of the program, as its vendor calls it. */
const PROGRAMS: Readonly<Record<Kind, string>> = {
  vllm: 'vllm',
  sglang: 'sglang',
  trtllm: 'trtllm-serve'
}

describe('inference servers through the supervisor: real processes, stand-ins for the servers', () => {
  let home: RunnerHome
  let runners: Runners

  beforeAll(() => {
    home = makeRunnerHome()
  })
  afterAll(() => home.remove())
  beforeEach(() => {
    runners = home.openRunners({ stopTimeoutS: 5 })
  })
  afterEach(() => {
    expect(runners.holders()).toEqual([])
    runners.dispose()
    expect(home.warnings.splice(0)).toEqual([])
  })

  /** An executable under the vendor's name that runs the stand-in with the arguments it is given. */
  const program = (kind: Kind): string => {
    const standIn = pathToFileURL(join(import.meta.dirname, '..', 'support', 'stand-ins', `${kind}.ts`)).href
    const code = `import(${JSON.stringify(standIn)}).then(({ main }) => main(process.argv.slice(2)))`
    return home.script(PROGRAMS[kind], `#!${NODE}\n${code}\n`)
  }
  async function start(kind: Kind, binary: string, settings: object = {}): Promise<string> {
    const profile = profileSchema.parse({
      kind,
      id: `my-${kind}`,
      label: `My ${kind}`,
      modelPath: MODEL,
      restartOnCrash: false,
      settings: { binary, ...settings }
    })
    const saved = await runners.saveProfile(profile)
    if (!saved.ok) throw new Error(saved.error.message)
    const started = await runners.start(profile.id, undefined)
    if (!started.ok) throw new Error(started.error.message)
    return profile.id
  }
  async function stop(id: string, { pids }: RunnerView): Promise<void> {
    const stopped = await runners.stop(id)
    expect(stopped).toMatchObject({ ok: true, value: { left: [], memoryIsBack: true } })
    expect(pids.filter(isAlive)).toEqual([])
  }

  test.each(['vllm', 'sglang', 'trtllm'] as const)(
    '%s: started, proven by a token, watched, recognised, stopped',
    async (kind) => {
      const id = await start(kind, program(kind))
      const ready = await untilState(runners, id, 'ready')
      expect(ready).toMatchObject({ stuck: null, url: `http://127.0.0.1:${ready.port}`, kind })

      const adapter = ADAPTERS[kind]
      const url = ready.url ?? ''
      expect(await adapter.prove(url, 5_000, runners.profiles()[0]!)).toMatchObject({ works: true })
      expect(await adapter.activity(url, 5_000)).toMatchObject({ busy: false, requestsRunning: 0 })
      const watched = await until('its activity', () => viewOf(runners, id).activity)
      expect(watched).toMatchObject({ busy: false, requestsWaiting: 0, tokensPerS: 'unknown' })

      expect(adapter.recognise(ready.commandLine)).toEqual({ model: MODEL, port: ready.port, url })
      const log = await runners.readLog(id, null, 65_536)
      expect(log.ok && adapter.loadedShare(log.value.text)).toBe(1)

      await stop(id, ready)
      expect(await adapter.probe(url, 1_000)).toBe('no-answer')
    }
  )

  test('vLLM with sleep mode on gives its memory back when asked, and stays', async () => {
    const id = await start('vllm', program('vllm'), { enableSleepMode: true })
    const ready = await untilState(runners, id, 'ready')
    expect(await ADAPTERS.vllm.free?.free(ready.url ?? '', 5_000)).toMatchObject({ ok: true })
    expect(ready.pids.filter(isAlive)).toEqual(ready.pids)
    await stop(id, ready)
  })

  test('one that ends while loading is shown as failed, with the reason from its log', async () => {
    const words = 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.'
    const id = await start('vllm', home.script('vllm', `#!/bin/sh\necho '${words}' >&2\nexit 1\n`))
    const failed = await until('the failure', () => {
      const view = viewOf(runners, id)
      return view.state === 'failed' && view.pids.length === 0 && view
    })
    expect(failed.text).toMatch(/ended with code 1 while loading.*There was not enough memory for it/)
  })
})
