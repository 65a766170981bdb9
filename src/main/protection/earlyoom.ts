import { join } from 'node:path'
import type { Conflict } from '../../shared/model/guard.ts'
import { isKnown, type Reading } from '../../shared/model/reading.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import type { ConflictRoots } from './conflict-roots.ts'
import { parseDefaultFile } from './default-file.parse.ts'
import { isAtLeast, parsePackageVersion } from './dpkg-status.parse.ts'
import { parseEarlyoomOptions } from './earlyoom-options.parse.ts'
import type { ConflictMemory } from './memory.parse.ts'
import type { NamedProcess } from './named-processes.ts'
import { readText } from './read-text.ts'

/** Since 1.8 a percentage is one of MemAvailable + AnonPages, which GPU memory shrinks; before, of MemTotal. */
const PERCENT_OF_USER_MEMORY = { major: 1, minor: 8 } as const
const DISABLE = 'sudo systemctl disable --now earlyoom'

/** earlyoom where it runs: whom it would choose, and from 1.8 on when it acts at all. */
export function earlyoomConflicts(
  roots: ConflictRoots,
  running: readonly NamedProcess[],
  memory: ConflictMemory,
  gpuBytes: Reading
): readonly Conflict[] {
  const process = running.find(({ name }) => name === 'earlyoom')
  const totalBytes = memory.memTotalBytes
  if (process === undefined || !isKnown(totalBytes)) return []
  const options = parseEarlyoomOptions(argumentsOf(roots, process), totalBytes)
  if (options.isDryRun) return []
  const version = parsePackageVersion(
    readText(join(roots.varRoot, 'lib', 'dpkg', 'status')) ?? '',
    'earlyoom'
  )
  const percent = inWords(options.memoryPercent)
  const ofTotal = bytesInWords((options.memoryPercent / 100) * totalBytes)
  const swap =
    options.swapPercent >= 100
      ? ''
      : ' Where there is swap, it waits until that is nearly full too, and the machine is slow by then.'
  const conflict: Conflict = {
    id: 'earlyoom',
    severity: 'warning',
    title: `earlyoom ${version === null ? '' : `${version} `}runs beside Firebreak`,
    text:
      'It chooses by a score that knows nothing of GPU memory: a browser or the desktop goes before a model. ' +
      `It is set to ${percent} of memory (on paper ${ofTotal} here).${swap} ` +
      "Firebreak raises the models' scores, so that earlyoom would choose them too.",
    whatToDo:
      'Let one guard do it: switch earlyoom off while Firebreak guards. Without Firebreak it is better than none.',
    commands: [DISABLE]
  }
  const trap =
    version !== null && isAtLeast(version, PERCENT_OF_USER_MEMORY.major, PERCENT_OF_USER_MEMORY.minor)
  return trap === true
    ? [conflict, percentageTrap(options.memoryPercent, ofTotal, memory, gpuBytes)]
    : [conflict]
}

/** The running command line is what counts; the file is read where that is hidden. */
function argumentsOf(roots: ConflictRoots, process: NamedProcess): readonly string[] {
  if (process.args.length > 0) return process.args.slice(1)
  const text = readText(join(roots.etcRoot, 'default', 'earlyoom')) ?? ''
  return parseDefaultFile(text, 'EARLYOOM_ARGS') ?? []
}

function percentageTrap(
  percent: number,
  ofTotal: string,
  { anonBytes }: ConflictMemory,
  gpuBytes: Reading
): Conflict {
  const share = percent / 100
  // It acts when available / (available + anon) falls to the share: at anon × share / (1 − share).
  const actsAt = isKnown(anonBytes) && share < 1 ? (anonBytes * share) / (1 - share) : null
  const onGpu = isKnown(gpuBytes) && gpuBytes > 0 ? `With ${bytesInWords(gpuBytes)} on the GPU and ` : 'With '
  const here =
    actsAt === null || !isKnown(anonBytes)
      ? ''
      : ` ${onGpu}${bytesInWords(anonBytes)} of ordinary program memory it acts at about ` +
        `${bytesInWords(actsAt)} available, where ${inWords(percent)} of all memory would be ${ofTotal}.`
  return {
    id: 'earlyoom-percentage',
    severity: 'warning',
    title: 'earlyoom acts far later than its percentage says',
    text:
      'From version 1.8 on its percentage is one of available memory + ordinary program memory. GPU memory is in ' +
      `neither, so the sum shrinks as a model grows, and the limit with it.${here}`,
    whatToDo:
      'Switch it off, or do not count on it. A size (-M) does not help: it becomes a percentage as well.',
    commands: [DISABLE]
  }
}

const inWords = (percent: number): string => `${Number(percent.toFixed(1))} %`
