import type { SetUpStep } from '../../../../shared/model/runner.ts'

/** In the user's home, where llama-server is looked for. */
const FOLDER = 'llama.cpp'

/** The vendor's build for the GB10; nothing but the tools needs root. Paths count from the home folder. */
export const SET_UP: readonly SetUpStep[] = [
  {
    text: "Have git, cmake, a C++ compiler and the CUDA toolkit ready: 'sudo apt install git cmake build-essential libcurl4-openssl-dev'. A DGX Spark as it is sold has CUDA.",
    command: null,
    needsRoot: true
  },
  {
    text: 'Fetch the source of llama.cpp.',
    command: ['git', 'clone', '--depth', '1', 'https://github.com/ggml-org/llama.cpp', FOLDER],
    needsRoot: false
  },
  {
    text: 'Prepare the build for the GPU of this machine.',
    command: [
      'cmake',
      '-S',
      FOLDER,
      '-B',
      `${FOLDER}/build`,
      '-DGGML_NATIVE=ON',
      '-DGGML_CUDA=ON',
      '-DGGML_CURL=ON',
      '-DGGML_RPC=ON',
      '-DCMAKE_CUDA_ARCHITECTURES=121a-real'
    ],
    needsRoot: false
  },
  {
    text: 'Build llama-server. This takes some minutes.',
    command: [
      'cmake',
      '--build',
      `${FOLDER}/build`,
      '--config',
      'Release',
      '--target',
      'llama-server',
      '-j',
      '8'
    ],
    needsRoot: false
  }
]
