// A stand-in for 'ollama serve', written from Ollama's published API: node ollama-process.ts PORT '{"models":{…}}'.
// Each loaded model is a real child process that holds real memory; it ends with the model.
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'

interface Plan {
  /** Names it has, each with the MiB its process holds. */
  readonly models: Readonly<Record<string, number>>
  /** Loads that fail, with what it says. */
  readonly failing?: Readonly<Record<string, string>>
  /** Answers 200 and makes no token. */
  readonly isMute?: boolean
  /** Says that it unloads, and does not. */
  readonly keeps?: boolean
  /** Milliseconds that a load takes besides. */
  readonly loadMs?: number
  /** Makes embeddings only. */
  readonly embedding?: readonly string[]
}

const MIB = 1024 ** 2
const HOLD = `const held = Buffer.alloc(Number(process.argv[1]) * ${MIB}, 1); process.stdout.write('x'); setInterval(() => held.length, 60000)`

const port = Number(process.argv[2])
const plan = JSON.parse(process.argv[3] ?? '{}') as Plan
// Both the kernel's name and what a process list shows.
process.title = 'ollama'

const loaded = new Map<string, { child: ChildProcess; forEver: boolean }>()
const full = (name: string): string => (name.includes(':') ? name : `${name}:latest`)

async function load(name: string, keepAlive: unknown): Promise<void> {
  const known = loaded.get(name)
  if (known !== undefined) {
    if (keepAlive !== undefined) known.forEver = keepAlive === -1
    return
  }
  const child = spawn(process.execPath, ['-e', HOLD, String(plan.models[name])], {
    stdio: ['ignore', 'pipe', 'ignore']
  })
  child.once('exit', () => loaded.delete(name))
  await new Promise((ready) => child.stdout.once('data', ready))
  await new Promise((done) => setTimeout(done, plan.loadMs ?? 0))
  loaded.set(name, { child, forEver: keepAlive === -1 })
}

function unload(name: string): void {
  if (plan.keeps) return
  loaded.get(name)?.child.kill('SIGTERM')
  loaded.delete(name)
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

interface Asked {
  readonly model?: string
  readonly prompt?: string
  readonly input?: string
  readonly keep_alive?: number | string
  readonly options?: { readonly num_predict?: number }
}

async function answer(path: string, body: Asked): Promise<{ status: number; json: unknown }> {
  const name = full(body.model ?? '')
  const at = { model: body.model, created_at: new Date().toISOString() }
  switch (path) {
    case '/api/version':
      return { status: 200, json: { version: '0.40.12' } }
    case '/api/tags':
      return {
        status: 200,
        json: { models: Object.keys(plan.models).map((one) => ({ name: one, model: one, size: 1_000 })) }
      }
    case '/api/ps':
      return {
        status: 200,
        json: {
          models: [...loaded.keys()].map((one) => {
            const size = (plan.models[one] ?? 0) * MIB
            return { name: one, model: one, size, size_vram: size, expires_at: '2318-01-01T00:00:00Z' }
          })
        }
      }
    case '/api/generate':
    case '/api/embed': {
      if (plan.models[name] === undefined)
        return { status: 404, json: { error: `model '${name}' not found` } }
      const isEmbedding = plan.embedding?.includes(name) === true
      if (path === '/api/generate' && isEmbedding) {
        return { status: 400, json: { error: `"${name}" does not support generate` } }
      }
      const prompt = body.prompt ?? body.input ?? ''
      if (prompt === '' && body.keep_alive === 0) {
        unload(name)
        return { status: 200, json: { ...at, response: '', done: true, done_reason: 'unload' } }
      }
      const failure = plan.failing?.[name]
      if (failure !== undefined) return { status: 500, json: { error: failure } }
      await load(name, body.keep_alive)
      if (path === '/api/embed') return { status: 200, json: { ...at, embeddings: [[0.1, 0.2]] } }
      if (prompt === '')
        return { status: 200, json: { ...at, response: '', done: true, done_reason: 'load' } }
      const count = plan.isMute ? 0 : (body.options?.num_predict ?? 8)
      return {
        status: 200,
        json: {
          ...at,
          response: plan.isMute ? '' : ' three',
          done: true,
          done_reason: 'length',
          eval_count: count
        }
      }
    }
    default:
      return { status: 404, json: { error: 'not found' } }
  }
}

const server = createServer((request, response) => {
  void textOf(request)
    .then((text) => answer(request.url ?? '', (text === '' ? {} : JSON.parse(text)) as Asked))
    .then(({ status, json }) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(json))
    })
})
server.listen(port, '127.0.0.1', () => console.log('Listening'))
process.on('SIGTERM', () => {
  for (const { child } of loaded.values()) child.kill('SIGKILL')
  process.exit(0)
})
