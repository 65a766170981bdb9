import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'

const SERVERS = ['vllm', 'sglang', 'trtllm', 'nim'] as const

/** Lines as these servers and their libraries write them, and what the words must say. */
const COMMON: readonly (readonly [string, RegExp])[] = [
  [
    'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 119.70 GiB',
    /not enough memory.*Stop another runner/
  ],
  [
    'OSError: You are trying to access a gated repo.\nMake sure to have access to it at https://huggingface.co/x',
    /Accept its licence/
  ],
  ['huggingface_hub.errors.GatedRepoError: 403 Client Error. (Request ID: Root=1-6)', /Accept its licence/],
  [
    'huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error.\nRepository Not Found for url: https://x',
    /no such model/
  ],
  [
    "OSError: a/b is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'",
    /no such model/
  ],
  ['requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url', /did not accept the token/],
  ["OSError: We couldn't connect to 'https://huggingface.co' to load the files", /could not be reached/],
  [
    "OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
    /port is taken/
  ],
  [
    'ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.',
    /RAY_memory_monitor_refresh_ms=0/
  ],
  ["OSError: [Errno 28] No space left on device: '/dev/shm/x'", /shared memory is too small/],
  ['OSError: [Errno 28] No space left on device', /disk is full/],
  ["/usr/bin/python3: No module named 'vllm'", /lacks the module vllm/],
  ['RuntimeError: No CUDA GPUs are available', /saw no GPU/],
  [
    'CUDA error: no kernel image is available for execution on the device',
    /does not know this machine's GPU/
  ],
  ['vllm: error: unrecognized arguments: --enable-magic', /does not know the option --enable-magic/],
  [
    'api_server.py: error: argument --port: invalid int value: x',
    /does not accept the value of --port \(invalid/
  ]
]

describe.each(SERVERS)('why %s ended', (kind) => {
  const { explainExit } = ADAPTERS[kind]
  test.each(COMMON)('%s', (line, words) => {
    expect(explainExit(`INFO 1\n${line}\nINFO 2\n`)).toMatch(words)
  })
  test('another exception is quoted, not the one that only points at it', () => {
    const log =
      '(EngineCore pid=7) ERROR 11-22 [core.py:1] ValueError: head_dim 80 is odd\n' +
      'RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}\n'
    expect(explainExit(log)).toBe('It said: ValueError: head_dim 80 is odd')
  })
  test('a log without a reason has none', () => {
    expect(explainExit('INFO: Started server process [7]\nINFO: Shutting down\n')).toBeNull()
  })
  test('only the end of the log counts', () => {
    const log = `torch.OutOfMemoryError: CUDA out of memory.\n${'INFO fine\n'.repeat(10_000)}`
    expect(explainExit(log)).toBeNull()
  })
})

describe('why vLLM ended, in its own words', () => {
  test.each([
    [
      'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization`',
      /Raise 'Share of all memory'/
    ],
    [
      'ValueError: Free memory on device cuda:0 (40.12/119.7 GiB) on startup is less than desired GPU memory utilization (0.9, 107.73 GiB). Decrease',
      /Only 40\.12 GiB were free, less than the share of 0\.9.*lower/
    ],
    [
      "ValueError: To serve at least one request with the models's max seq len (131072), (12.00 GiB KV cache is needed, which is larger than the available KV cache memory (3.20 GiB)",
      /context of 131072 tokens does not fit/
    ],
    [
      "ValueError: The model's max seq len (131072) is larger than the maximum number of tokens that can be stored in KV cache (52416).",
      /context of 131072 tokens does not fit/
    ],
    [
      "ValueError: User-specified max_model_len (32768) is greater than the derived max_model_len (max_position_embeddings=8192 or model_max_length=None in model's config.json)",
      /allows 8192 tokens of context, not 32768/
    ],
    [
      "ValueError: Model architectures ['FooForCausalLM'] are not supported for now.",
      /models of the kind 'FooForCausalLM'/
    ]
  ])('%s', (line, words) => {
    expect(ADAPTERS.vllm.explainExit(`${line}\n`)).toMatch(words)
  })
})

test('why NIM ended, in its own words', () => {
  expect(ADAPTERS.nim.explainExit('ERROR NGC_API_KEY is not set\n')).toMatch(/NGC_API_KEY=/)
  expect(ADAPTERS.nim.explainExit('Could not find a profile that is currently runnable')).toMatch(/dgx-spark/)
})

describe.each(SERVERS)('how much %s has loaded', (kind) => {
  const { loadedShare } = ADAPTERS[kind]
  test.each([
    ['Loading safetensors checkpoint shards:  45% Completed | 9/20 [00:10<00:12,  1.1s/it]\r', 0.45],
    [
      'Loading safetensors checkpoint shards:   0% Completed | 0/2\rLoading safetensors checkpoint shards: 100% Completed | 2/2\n',
      1
    ],
    ['\u001B[32mLoading safetensors checkpoint shards:  22% Completed | 11/49\u001B[0m', 0.22],
    ['(Worker_TP0 pid=7) \rLoading safetensors checkpoint shards:  54% Completed | 20/37', 0.54],
    ['Multi-thread loading shards:  50% Completed | 1/2', 0.5],
    ['Loading safetensors weights in parallel:  67%|██████▋   | 2/3', 0.67],
    ['Loading safetensors using Fastsafetensor loader:  50% Completed | 1/2', 0.5],
    ['Capturing CUDA graphs (PIECEWISE):  30%|███       | 3/10', null],
    ['Downloading shards:  45%|████      | 1/2', null],
    ['Loading model weights took 12.3 GB\nGPU usage 45%', null]
  ])('%s', (log, share) => {
    expect(loadedShare(`INFO x\n${log}`)).toBe(share)
  })
})
