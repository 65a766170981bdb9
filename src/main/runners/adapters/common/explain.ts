import { plainText } from '../../../../shared/util/plain-text.ts'

/** What one line of a log means. The first of a list that is found counts, so the most telling come first. */
export interface Explanation {
  readonly pattern: RegExp
  readonly words: (match: RegExpExecArray) => string
}

/** The reason stands near the end; whatever the caller gives, no more is read. */
const TAIL_CHARACTERS = 65_536
const QUOTED_CHARACTERS = 200
/** A line of a log that is longer says nothing to people. */
const LONGEST_LINE = 2_000
/** A Python exception's last line: 'torch.SomeError: what'. */
const EXCEPTION = /(?:^|[\s|)\]])((?:[\w.]*\.)?[A-Z]\w*(?:Error|Exception): \S.*)/
/** It only says that another line says why. */
const NO_CAUSE = /See root cause above|Engine core initialization failed|Failed core proc/

/** Why a server ended, in words, from the end of its log; null when it says nothing of the kind. */
export function explainBy(explanations: readonly Explanation[], log: string): string | null {
  const tail = log.slice(-TAIL_CHARACTERS)
  for (const { pattern, words } of explanations) {
    const match = pattern.exec(tail)
    if (match !== null) return words(match)
  }
  for (const line of tail.split('\n').toReversed()) {
    const said = line.length > LONGEST_LINE || NO_CAUSE.test(line) ? undefined : EXCEPTION.exec(line)?.[1]
    if (said !== undefined) return `It said: ${plainText(said.slice(0, QUOTED_CHARACTERS))}`
  }
  return null
}

const NO_MEMORY: Explanation = {
  pattern:
    /OutOfMemoryError|CUDA out of memory|CUDA error: out of memory|cudaErrorMemoryAllocation|cudaMalloc failed: out of memory|std::bad_alloc|Cannot allocate memory|CUBLAS_STATUS_ALLOC_FAILED/,
  words: () =>
    'There was not enough memory for it. Stop another runner, lower its share of memory, or choose a smaller model.'
}

/** What servers built on Python, PyTorch and Hugging Face have in common; a kind's own come before them. */
export const PYTHON_EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /node running low on memory|ray\.exceptions\.OutOfMemoryError|Ray memory monitor/i,
    words: () =>
      "Ray's memory monitor ended one of its workers. Stop another runner, or add " +
      "RAY_memory_monitor_refresh_ms=0 under 'Environment', as Firebreak watches the memory anyway."
  },
  NO_MEMORY,
  {
    pattern: /gated repo|GatedRepoError|Access to model \S+ is restricted|403 (?:Client Error|Forbidden)/i,
    words: () =>
      'Hugging Face does not hand out this model without leave. Accept its licence on its page there, ' +
      'and give your token (HF_TOKEN).'
  },
  {
    pattern: /Repository Not Found|RepositoryNotFoundError|is not a valid model identifier/,
    words: () =>
      'There is no such model: neither a folder here nor a repository of Hugging Face that this account may see. ' +
      'Correct its name.'
  },
  {
    pattern: /401 Client Error|Invalid user token|Invalid username or password/,
    words: () => 'Hugging Face did not accept the token. Give one that is valid (HF_TOKEN).'
  },
  {
    pattern:
      /LocalEntryNotFoundError|couldn't connect to 'https?:\/\/huggingface|We couldn't connect to|offline mode is enabled|Max retries exceeded with url/i,
    words: () =>
      'The model is not on this machine, and Hugging Face could not be reached. Connect it, or download the model first.'
  },
  {
    pattern: /address already in use|\[Errno 98\]|EADDRINUSE/i,
    words: () => 'Its port is taken by another program. Choose another port, or 0 for a free one.'
  },
  {
    pattern: /No space left on device: '\/(?:dev\/shm|torch_)|bus error|unable to allocate shared memory/i,
    words: () => 'Its shared memory is too small. Raise it in the profile (16384 MiB is usual), or share IPC.'
  },
  {
    pattern: /No space left on device/,
    words: () => 'The disk is full. Free some space, then start it again.'
  },
  {
    pattern: /no kernel image is available|sm_12\d[a-z]?' is not (?:defined|a recognized)|ptxas fatal/i,
    words: () =>
      "This build does not know this machine's GPU. Use the vendor's image for it, or a newer build."
  },
  {
    pattern:
      /No CUDA GPUs are available|Found no NVIDIA driver|libcuda\.so\.1: cannot open|Failed to infer device type|no CUDA-capable device/,
    words: () => 'It saw no GPU. In a container, switch GPUs on in the profile; else check the driver.'
  },
  {
    pattern: /No module named '?([\w.]+)'?/,
    words: ([, name]) =>
      `Its Python lacks the module ${name}. Install it there, or give the program of another environment.`
  },
  {
    pattern: /(?:unrecognized arguments|No such option):? (--?[\w-]+)/,
    words: ([, option]) =>
      `This version does not know the option ${option}. Update it, or correct the arguments.`
  },
  {
    pattern: /error: argument (--[\w-]{1,64})[^:\n]{0,64}: ([^\n]{1,120})/,
    words: ([, option, why]) =>
      `It does not accept the value of ${option} (${why}). Correct it in the profile.`
  }
]
