import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { LaunchPlan, PlanContext, RunnerAdapter } from '../../src/main/runners/supervisor/adapter.ts'
import type { ContainerSettings, FieldProfile, FieldSettings } from '../../src/shared/model/runner.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'

/** Of a question to a server that answers. */
export const TIMEOUT_MS = 2_000
export const CONTAINER: ContainerSettings = {
  image: 'example/image:1',
  gpus: true,
  shmMiB: 64,
  hostIpc: false,
  mounts: [],
  env: ['SECRET_TOKEN=x']
}

/** A user's home and the servers of a test, to plan launches in and to ask. */
export interface AdapterBench {
  readonly home: string
  readonly context: PlanContext
  /** An executable file in the home. */
  put(path: string, text?: string): string
  planned(adapter: RunnerAdapter, profile: FieldProfile): Promise<LaunchPlan>
  /** 'code: message', or 'no problem'. */
  problem(adapter: RunnerAdapter, profile: FieldProfile): Promise<string>
  serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string>
  /** Pages as JSON by their path; 404 for others. */
  json(pages: Readonly<Record<string, unknown>>): Promise<string>
  remove(): Promise<void>
}

export function makeAdapterBench(): AdapterBench {
  const home = mkdtempSync(join(tmpdir(), 'firebreak-adapters-'))
  const servers: Server[] = []
  const context: PlanContext = {
    settings: defaultSettings(),
    env: { HOME: home, PATH: join(home, 'bin') },
    firstFreePort: async (from) => from + 1,
    portState: async () => ({ kind: 'free' })
  }
  const serve: AdapterBench['serve'] = async (answer) => {
    const server = createServer(answer)
    servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  return {
    home,
    context,
    put(path, text = '#!/bin/sh\n') {
      const whole = join(home, path)
      mkdirSync(dirname(whole), { recursive: true })
      writeFileSync(whole, text)
      chmodSync(whole, 0o755)
      return whole
    },
    async planned(adapter, profile) {
      const plan = await adapter.plan(profile, context)
      if (!plan.ok) throw new Error(plan.error.message)
      return plan.value
    },
    async problem(adapter, profile) {
      const plan = await adapter.plan(profile, context)
      return plan.ok ? 'no problem' : `${plan.error.code}: ${plan.error.message}`
    },
    serve,
    json: (pages) =>
      serve((request, response) => {
        const page = pages[(request.url ?? '').split('?')[0] ?? '']
        response.statusCode = page === undefined ? 404 : 200
        response.end(JSON.stringify(page ?? {}))
      }),
    async remove() {
      rmSync(home, { recursive: true, force: true })
      for (const server of servers.splice(0)) {
        server.closeAllConnections()
        await new Promise((done) => server.close(done))
      }
    }
  }
}

export const profileOf = (
  kind: FieldProfile['kind'],
  settings: FieldSettings = {},
  more: Partial<FieldProfile> = {}
): FieldProfile => ({
  id: 'one',
  kind,
  label: 'One',
  modelPath: kind === 'finetune' ? 'owner/model' : '',
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  settings,
  ...more
})
