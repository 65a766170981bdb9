import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Endpoint } from '../../src/main/transport/endpoint.ts'
import { listenControlSocket } from '../../src/main/transport/control-server.ts'
import { createWebHost } from '../../src/main/web/host.ts'
import { quietLogger } from './fake-core.ts'

/** One client on some wire, as raw as the wire allows. */
export interface RawClient {
  /** Text is sent as it is, so that garbage can be. */
  send(text: string): void
  /** Everything that came, parsed, oldest first. */
  readonly received: Record<string, unknown>[]
  close(): Promise<void>
}

export interface OpenWire {
  connect(): Promise<RawClient>
  close(): Promise<void>
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'fb-'))
export const removeFolder = (path: string): void => rmSync(path, { recursive: true, force: true })

/** The reply with this id, when it has come. */
export async function replyOf(client: RawClient, id: number): Promise<Record<string, unknown>> {
  return vi.waitFor(
    () => {
      const reply = client.received.find((message) => message['id'] === id)
      expect(reply).toBeDefined()
      return reply as Record<string, unknown>
    },
    { timeout: 5_000, interval: 5 }
  )
}

export const WIRES: Readonly<Record<string, (endpoint: Endpoint) => Promise<OpenWire>>> = {
  'in-process': async (endpoint) => ({
    async connect() {
      const received: Record<string, unknown>[] = []
      const take = (message: unknown): void => {
        received.push(structuredClone(message) as Record<string, unknown>)
      }
      const session = endpoint.connect(take)
      return {
        received,
        send(text) {
          let raw: unknown = text
          try {
            raw = JSON.parse(text)
          } catch {
            // Stays text: not a request either.
          }
          void session.request(raw).then(take)
        },
        close: async () => session.dispose()
      }
    },
    close: async () => undefined
  }),
  'Unix socket': async (endpoint) => {
    const runtimeDir = temporaryFolder()
    const server = await listenControlSocket({ runtimeDir, endpoint, logger: quietLogger() })
    if (!server.ok) throw new Error(JSON.stringify(server.error))
    return {
      async connect() {
        const received: Record<string, unknown>[] = []
        const socket = createConnection({ path: server.value.path })
        await new Promise((done, reject) => socket.once('connect', done).once('error', reject))
        let rest = ''
        socket.on('data', (chunk) => {
          rest += chunk.toString('utf8')
          const lines = rest.split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) received.push(JSON.parse(line) as Record<string, unknown>)
        })
        return {
          received,
          send: (text) => void socket.write(`${text.replaceAll('\n', ' ')}\n`),
          close: () =>
            new Promise((done) => {
              socket.once('close', () => done())
              socket.destroy()
            })
        }
      },
      async close() {
        server.value.dispose()
        removeFolder(runtimeDir)
      }
    }
  },
  WebSocket: async (endpoint) => {
    const runtimeDir = temporaryFolder()
    const host = createWebHost({
      endpoint,
      rendererDir: rendererFixture(runtimeDir),
      runtimeDir,
      logger: quietLogger()
    })
    const opened = await host.open(0)
    if (!opened.ok) throw new Error(opened.error.message)
    const { port, url } = opened.value
    const token = new URL(url).hash.replace('#token=', '')
    return {
      async connect() {
        const received: Record<string, unknown>[] = []
        const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['firebreak.v1', `token.${token}`], {
          origin: `http://127.0.0.1:${port}`
        })
        socket.on('message', (data) => received.push(JSON.parse(String(data)) as Record<string, unknown>))
        await new Promise((done, reject) => socket.once('open', done).once('error', reject))
        return {
          received,
          send: (text) => socket.send(text),
          close: () =>
            new Promise((done) => {
              socket.once('close', () => done())
              socket.close()
            })
        }
      },
      async close() {
        host.dispose()
        removeFolder(runtimeDir)
      }
    }
  }
}

/** A folder that could be a built renderer. */
export function rendererFixture(folder: string): string {
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Firebreak</title>')
  return folder
}
