import type { SetUpStep } from '../../../../shared/model/runner.ts'

/** The steps before any image can be pulled and use the GPU; they are done already on a DGX Spark as it is sold. */
export const DOCKER_STEPS: readonly SetUpStep[] = [
  {
    text:
      "Docker must answer without root. Where it does not: run 'sudo usermod -aG docker $USER', " +
      'then log out and in again.',
    command: null,
    needsRoot: true
  }
]

/** Fetches an image. */
export const pullStep = (image: string, what: string): SetUpStep => ({
  text: `Fetch ${what}: ${image}`,
  command: ['docker', 'pull', image],
  needsRoot: false
})
