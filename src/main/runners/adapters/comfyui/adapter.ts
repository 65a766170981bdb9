import { COMFYUI_SPEC } from '../../../../shared/model/specs/comfyui.ts'
import type { Proof, Recognised, RunnerAdapter } from '../../supervisor/adapter.ts'
import { programOf } from '../common/command-line.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'
import { fetchJson, member } from '../common/http.ts'
import { loopbackUrl, optionValue, portOf } from '../common/port.ts'
import { comfyCommand } from './args.ts'
import { explainComfyExit } from './explain-exit.ts'
import { comfyFree } from './free.ts'
import { installedComfy, planComfy } from './plan.ts'
import { COMFY_SET_UP } from './set-up.ts'

const { defaultPort } = COMFYUI_SPEC

/** Options that no other program's main.py is known to have. */
const OWN_OPTIONS: ReadonlySet<string> = new Set([
  '--listen',
  '--reserve-vram',
  '--disable-mmap',
  '--highvram',
  '--normalvram',
  '--lowvram',
  '--novram',
  '--disable-pinned-memory',
  '--disable-smart-memory',
  '--disable-all-custom-nodes',
  '--preview-method'
])

const base = createFieldAdapter({
  spec: COMFYUI_SPEC,
  programs: ['python3', 'python'],
  containerProgram: 'python',
  containerPort: defaultPort,
  readyPath: '/system_stats',
  command: comfyCommand,
  recognise: recogniseComfy,
  prove,
  activity: async (url, timeoutMs) => {
    const queue = await queueOf(url, timeoutMs)
    if (queue === null) return null
    return {
      busy: queue.running + queue.waiting > 0,
      requestsRunning: queue.running,
      requestsWaiting: queue.waiting,
      tokensPerS: 'not-supported'
    }
  },
  explainExit: explainComfyExit,
  loadedShare: () => null,
  free: comfyFree,
  models: null,
  setUp: COMFY_SET_UP
})

/** ComfyUI from its folder, with the Python of its own virtual environment. */
export const comfyUiAdapter: RunnerAdapter = {
  ...base,
  plan: (profile, context) => planComfy(base, profile, context),
  installed: installedComfy
}

async function queueOf(
  url: string,
  timeoutMs: number
): Promise<{ readonly running: number; readonly waiting: number } | null> {
  const queue = await fetchJson(new URL('/queue', url).href, timeoutMs)
  const running = member(queue, 'queue_running')
  const waiting = member(queue, 'queue_pending')
  return Array.isArray(running) && Array.isArray(waiting)
    ? { running: running.length, waiting: waiting.length }
    : null
}

/** A picture would take minutes and a model; that it names its devices and its queue shows that its loop turns. */
async function prove(url: string, timeoutMs: number): Promise<Proof> {
  const [stats, queue] = await Promise.all([
    fetchJson(new URL('/system_stats', url).href, timeoutMs),
    queueOf(url, timeoutMs)
  ])
  const devices = member(stats, 'devices')
  if (!Array.isArray(devices)) return { works: false, text: 'It does not tell of its devices.' }
  if (queue === null) return { works: false, text: 'It does not tell of its queue.' }
  const version = member(member(stats, 'system'), 'comfyui_version')
  const name = typeof version === 'string' ? `ComfyUI ${version.slice(0, 40)}` : 'ComfyUI'
  return { works: true, text: `${name} answers, with ${devices.length} devices and a queue.` }
}

/** 'python main.py' alone may be anything: its folder's name or one of its options must be there, too. */
function recogniseComfy(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program === null) return null
  const { name, path, args } = program
  const isMain =
    name === 'main.py' &&
    (/comfy[_-]?ui/i.test(path) || args.some((item) => OWN_OPTIONS.has(item.split('=', 1)[0] ?? item)))
  const isCommand = name === 'comfyui' || (name === 'comfy' && args.includes('launch'))
  if (!isMain && !isCommand) return null
  const said = optionValue(args, ['--port'])
  const port = said === null ? defaultPort : portOf(said)
  const isSecure = optionValue(args, ['--tls-keyfile']) !== null
  return { model: null, port, url: port === null || isSecure ? null : loopbackUrl(port) }
}
