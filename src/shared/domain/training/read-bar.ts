import { count, field } from './read-number.ts'

/** A progress bar of tqdm that counts steps of training; other bars (downloads, data, shards) are none here. */
export interface Bar {
  readonly step: number
  readonly total: number
  readonly secondsLeft: number | null
  /** Counts the steps of one epoch only: which one, from 0. */
  readonly epoch: number | null
  /** Of how many, where the bar says so. */
  readonly epochs: number | null
  /** Step of the whole run, where the bar says it. */
  readonly globalStep: number | null
}

/** '12%|█▏ | 120/1000 [01:02<07:35, 1.93it/s, loss=0.1]' */
const BAR =
  /^(.{0,120}?)\s{0,8}\d{1,3}%\|[^|]{0,300}\|\s{0,8}([\d,]{1,15})\/([\d,]{1,15}) \[[\d:?.]{1,16}<([\d:?.]{1,16})(?:,([^\]]{0,2000}))?\]/
/** What is counted by these is data or files, not steps. */
const NOT_STEPS = /(?:examples|B|files|tokens|samples|shards|rows|file)\/s|s\/(?:file|shard|example)/
/** '1|25|Loss: 1.54' of torchtune: epoch from 1, step of the run. */
const TORCHTUNE = /^\s{0,8}(\d{1,9})\|(\d{1,12})\|Loss: /
/** 'Epoch 0', 'Epoch 0/2' of Lightning, epochs from 0. */
const EPOCH = /^\s{0,8}Epoch (\d{1,9})(?:\/(\d{1,9}))?:?$/
const STEPS = /^\s{0,8}(?:|(?:steps?|train(?:ing)?|fine-?tuning)\b.{0,40}):?$/i

export function readBar(line: string): Bar | null {
  const found = BAR.exec(line)
  if (found === null) return null
  const [, label = '', done, all, left = '', more = ''] = found
  const step = count(done)
  const total = count(all)
  if (step === null || total === null || total === 0 || step > total || NOT_STEPS.test(more)) return null
  const bar: Bar = { step, total, secondsLeft: secondsIn(left), epoch: null, epochs: null, globalStep: null }
  const torchtune = TORCHTUNE.exec(label)
  if (torchtune !== null) {
    const epoch = count(torchtune[1])
    return { ...bar, epoch: epoch === null ? null : Math.max(0, epoch - 1), globalStep: count(torchtune[2]) }
  }
  const epoch = EPOCH.exec(label)
  if (epoch !== null) {
    const last = count(epoch[2])
    const global = count(field(more, 'global_step'))
    return {
      ...bar,
      epoch: count(epoch[1]),
      epochs: last === null ? null : last + 1,
      globalStep: global === null ? null : global + 1
    }
  }
  return STEPS.test(label) ? bar : null
}

/** '07:35', '1:02:03' in seconds; null for '?'. */
function secondsIn(text: string): number | null {
  const parts = text.split(':').map(Number)
  if (parts.length > 3 || parts.some((part) => !Number.isFinite(part))) return null
  return parts.reduce((sum, part) => sum * 60 + part, 0)
}
