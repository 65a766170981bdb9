import { describe, expect, test } from 'vitest'
import { isSecretName } from '../../../../src/shared/util/secret-name.ts'

describe('isSecretName', () => {
  test.each([
    '--hf_token',
    '--apiKey',
    '--ServerApp.password',
    'HF_TOKEN',
    'OPENAI_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'DB_PASS',
    'PGPASSWORD',
    'GITHUB_PAT'
  ])('the value of %s is secret', (name) => expect(isSecretName(name)).toBe(true))

  test.each([
    '',
    '--tokenizer',
    '--max-num-batched-tokens',
    '--hf-token-path',
    '--max-key',
    '--sort-key',
    '--author',
    'keyboard'
  ])('the value of %j is not', (name) => expect(isSecretName(name)).toBe(false))
})
