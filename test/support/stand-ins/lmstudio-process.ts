// A stand-in for LM Studio's headless daemon, written from its published REST API of version 1:
// node lmstudio-process.ts PORT '{"models":{…}}'. Each loaded instance is a real child that holds real memory.
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'

interface Plan {
  /** Keys it has, each with the MiB its process holds. */
  readonly models: Readonly<Record<string, number>>
  readonly embedding?: readonly string[]
}

const MIB = 1024 ** 2
const HOLD = `const held = Buffer.alloc(Number(process.argv[1]) * ${MIB}, 1); process.stdout.write('x'); setInterval(() => held.length, 60000)`

const port = Number(process.argv[2])
const plan = JSON.parse(process.argv[3] ?? '{}') as Plan
process.title = 'llmster'
// It has helpers that hold no model and stay.
const helper = spawn(process.execPath, ['-e', 'setInterval(() => 0, 60000)'], { stdio: 'ignore' })

const instances = new Map<string, { key: string; child: ChildProcess }>()

async function load(key: string): Promise<string> {
  let id = key
  for (let copy = 2; instances.has(id); copy += 1) id = `${key}:${copy}`
  const child = spawn(process.execPath, ['-e', HOLD, String(plan.models[key])], {
    stdio: ['ignore', 'pipe', 'ignore']
  })
  await new Promise((ready) => child.stdout.once('data', ready))
  instances.set(id, { key, child })
  return id
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

interface Asked {
  readonly model?: string
  readonly instance_id?: string
}

const missing = (message: string): { status: number; json: unknown } => ({
  status: 404,
  json: { error: { type: 'model_not_found', message } }
})

async function answer(path: string, body: Asked): Promise<{ status: number; json: unknown }> {
  const { model = '', instance_id: id = '' } = body
  switch (path) {
    case '/api/v1/models':
      return {
        status: 200,
        json: {
          models: Object.entries(plan.models).map(([key, mib]) => ({
            type: plan.embedding?.includes(key) ? 'embedding' : 'llm',
            publisher: 'stand-in',
            key,
            display_name: key,
            quantization: null,
            size_bytes: mib * MIB,
            params_string: null,
            loaded_instances: [...instances]
              .filter(([, one]) => one.key === key)
              .map(([one]) => ({ id: one, config: { context_length: 4096 } })),
            max_context_length: 4096,
            format: 'gguf'
          }))
        }
      }
    case '/api/v1/models/load': {
      if (plan.models[model] === undefined) return missing(`Model ${model} not found`)
      const loadedId = await load(model)
      return {
        status: 200,
        json: { type: 'llm', instance_id: loadedId, load_time_seconds: 0.1, status: 'loaded' }
      }
    }
    case '/api/v1/models/unload': {
      const instance = instances.get(id)
      if (instance === undefined) return missing(`Instance ${id} not found`)
      instances.delete(id)
      instance.child.kill('SIGTERM')
      return { status: 200, json: { instance_id: id } }
    }
    case '/v1/completions':
      if (!instances.has(model)) return missing(`Model ${model} is not loaded`)
      return {
        status: 200,
        json: { choices: [{ text: ' three', finish_reason: 'length' }], usage: { completion_tokens: 1 } }
      }
    case '/v1/embeddings':
      return { status: 200, json: { data: [{ embedding: [0.1] }] } }
    default:
      return missing('Unexpected endpoint')
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
  for (const { child } of instances.values()) child.kill('SIGKILL')
  helper.kill('SIGKILL')
  process.exit(0)
})
