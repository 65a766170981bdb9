import { PROTOCOL_VERSION } from '../../../src/shared/contract/channels.ts'
import { COMMANDS, type CommandOutput } from '../../../src/shared/contract/commands.ts'
import type { WireEvent } from '../../../src/shared/contract/wire.ts'
import type { Job } from '../../../src/shared/model/job.ts'
import type { Playbook } from '../../../src/shared/model/playbook.ts'
import {
  RUNNER_KINDS,
  type FoundRunner,
  type Installation,
  type Profile,
  type RunnerKind,
  type SetUpStep,
  type StopResult
} from '../../../src/shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../src/shared/model/specs/index.ts'
import { bytesInWords } from '../../../src/shared/util/bytes-in-words.ts'

/** Runners of other kinds on a made-up machine; what is left out is not there. */
export interface RunnerStory {
  readonly found?: readonly FoundRunner[]
  readonly jobs?: (nowMs: number) => readonly Job[]
  readonly playbooks?: readonly Playbook[]
  /** Kinds that have a program on this machine besides llama.cpp. */
  readonly installed?: readonly RunnerKind[]
  readonly engine?: CommandOutput<'engine.get'>
  /** How often each training job looked at its loss before the first tick. */
  readonly steps?: number
}

export interface FakeRunnersParts {
  readonly story: RunnerStory
  readonly clock: () => number
  emit(event: WireEvent): void
  /** Keeps a profile that came by another way than 'profiles.save'. */
  keep(profile: Profile): void
  profiles(): readonly Profile[]
  /** Null where there is no such runner. */
  view(id: string): unknown
}
export interface FakeRunners {
  /** Undefined: the command is none of these. */
  answer(command: string, input: unknown): unknown
  tick(): void
}

const DOCKER: CommandOutput<'engine.get'> = {
  state: 'ok',
  name: 'docker',
  version: '28.3.2',
  socket: '/var/run/docker.sock',
  text: 'Docker 28.3.2.'
}

/** What a job moves in a tick, of its whole. */
const SHARE_A_TICK = 0.02

const STEPS: readonly SetUpStep[] = [
  { text: 'Make a folder for it.', command: ['mkdir', '-p', '/home/ada/ComfyUI'], needsRoot: false },
  {
    text: 'Get the program from its maker.',
    command: ['git', 'clone', 'https://github.com/comfyanonymous/ComfyUI', '/home/ada/ComfyUI'],
    needsRoot: false
  },
  { text: 'Install what its drawings need.', command: ['apt-get', 'install', 'libgl1'], needsRoot: true },
  { text: 'Accept the licence of the model that you want to use.', command: null, needsRoot: false }
]

const returned = (label: string, bytes: number): StopResult => ({
  bytesReturned: bytes,
  bytesExpected: bytes,
  seconds: 1.9,
  left: [],
  memoryIsBack: true,
  text: `Stopped ${label}. ${bytesInWords(bytes)} came back in 1.9 s.`
})

const preview = (profile: Profile): CommandOutput<'profiles.preview'> => {
  const { container } = profile
  const argv = [
    ...(container === null ? [] : ['docker', 'run', '--rm', ...(container.gpus ? ['--gpus', 'all'] : [])]),
    ...(container === null
      ? []
      : container.mounts.flatMap((one) => ['-v', `${one.hostPath}:${one.containerPath}`])),
    ...(container === null
      ? []
      : container.env.flatMap((one) => ['-e', `${one.split('=')[0] ?? ''}=(not shown)`])),
    ...(container === null ? [] : [container.image]),
    profile.kind,
    ...(profile.modelPath === '' ? [] : ['--model', profile.modelPath]),
    ...Object.entries(profile.settings).flatMap(([key, value]) => [`--${key}`, String(value)])
  ]
  return {
    commandLine: argv,
    text: argv.join(' '),
    warnings: profile.lan ? ['Everyone on this network can reach it, without a password.'] : []
  }
}

/** How a loss falls: fast, then slowly, with some noise that is the same every time. */
export const lossAt = (step: number): number =>
  Number((0.9 + 1.9 * Math.exp(-step / 90) + 0.07 * Math.sin(step * 1.7)).toFixed(3))

/** Answers of a made-up core for runners of all kinds. */
export function createFakeRunners(parts: FakeRunnersParts): FakeRunners {
  const { story, clock, emit, keep, profiles, view } = parts
  let found = story.found ?? []
  let jobs = story.jobs?.(clock()) ?? []
  let made = 0
  const tell = (job: Job): Job => {
    jobs = [...jobs.filter((one) => one.id !== job.id), job]
    emit({ v: PROTOCOL_VERSION, event: 'job', payload: job })
    return job
  }
  const begin = (kind: Job['kind'], label: string, totalBytes: number | null): Job => {
    made += 1
    const doneBytes = totalBytes === null ? null : 0
    const text = kind === 'download' ? `Downloading ${label}.` : `Setting up ${label}.`
    return tell({
      id: `${kind}-${made}`,
      kind,
      label,
      state: 'running',
      doneBytes,
      totalBytes,
      text,
      startedAtMs: clock()
    })
  }
  const installations = (): readonly Installation[] =>
    RUNNER_KINDS.map((kind) =>
      kind === 'llamacpp' || kind === 'custom' || story.installed?.includes(kind) === true
        ? {
            kind,
            path:
              kind === 'custom'
                ? null
                : kind === 'llamacpp'
                  ? '/usr/local/bin/llama-server'
                  : `/usr/bin/${kind}`,
            problem: null
          }
        : { kind, path: null, problem: `${RUNNER_SPECS[kind].name} was not found on this machine.` }
    )
  const take = (input: unknown): FoundRunner | undefined => {
    const { pid } = COMMANDS['runners.adopt'].input.parse(input)
    const one = found.find((candidate) => candidate.pid === pid)
    found = found.filter((candidate) => candidate !== one)
    return one
  }
  return {
    answer(command, input) {
      switch (command) {
        case 'runners.installed':
          return installations()
        case 'runners.set-up':
          return STEPS
        case 'runners.run-set-up': {
          const { kind } = COMMANDS['runners.run-set-up'].input.parse(input)
          return begin('set-up', RUNNER_SPECS[kind].name, null)
        }
        case 'runners.found':
          return found
        case 'runners.stop-found': {
          const one = take(input)
          return one === undefined ? null : returned(one.label, one.bytes.gpuBytes + one.bytes.hostBytes)
        }
        case 'runners.adopt': {
          const one = take(input)
          const like = profiles().find(({ kind }) => kind === one?.kind)
          if (one === undefined || like === undefined) return null
          keep({ ...like, id: `adopted-${one.pid}`, label: one.label })
          return view(like.id)
        }
        case 'runners.free':
          return { ...returned('', 8 * 2 ** 30), text: '8.0 GiB came back in 1.9 s. It goes on running.' }
        case 'runners.load-model':
        case 'runners.unload-model':
        case 'runners.stop-after-checkpoint':
          return {}
        case 'runners.training':
          return {
            points: Array.from({ length: story.steps ?? 0 }, (_, at) => ({
              step: at * 2,
              loss: lossAt(at * 2),
              atMs: clock() - ((story.steps ?? 0) - at) * 8_000
            })),
            checkpointStop: {
              works: true,
              text: 'It writes a checkpoint every 50 steps and stops after the next.'
            }
          }
        case 'engine.get':
          return story.engine ?? DOCKER
        case 'jobs.list':
          return jobs
        case 'jobs.cancel': {
          const { id } = COMMANDS['jobs.cancel'].input.parse(input)
          const job = jobs.find((one) => one.id === id)
          if (job !== undefined) tell({ ...job, state: 'cancelled', text: 'Cancelled. What is there stays.' })
          return {}
        }
        case 'playbooks.list':
          return story.playbooks ?? []
        case 'profiles.preview':
          return preview(COMMANDS['profiles.preview'].input.parse(input).profile)
        case 'profiles.export': {
          const { ids } = COMMANDS['profiles.export'].input.parse(input)
          return { text: JSON.stringify(profiles().filter(({ id }) => ids.includes(id))) }
        }
        case 'profiles.import': {
          const { text } = COMMANDS['profiles.import'].input.parse(input)
          return { profiles: [], problems: [`${text.slice(0, 20)}: it is no profile of Firebreak.`] }
        }
        case 'models.download': {
          const { source } = COMMANDS['models.download'].input.parse(input)
          return begin('download', source.repository, source.sizeBytes)
        }
        default:
          return undefined
      }
    },
    tick() {
      for (const job of jobs) {
        if (job.state !== 'running' || job.totalBytes === null || job.doneBytes === null) continue
        const doneBytes = Math.min(job.totalBytes, job.doneBytes + job.totalBytes * SHARE_A_TICK)
        tell({
          ...job,
          doneBytes,
          ...(doneBytes < job.totalBytes ? {} : { state: 'done', text: `${job.label} is there.` })
        })
      }
    }
  }
}
