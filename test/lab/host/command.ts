import { spawn } from 'node:child_process'

export interface CommandOptions {
  readonly cwd?: string
  /** Written to its standard input. */
  readonly input?: Buffer
}

/** Runs a program to its end and returns what it wrote; rejects with its messages when it fails. */
export function command(
  file: string,
  args: readonly string[],
  options: CommandOptions = {}
): Promise<Buffer> {
  return new Promise((settle, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const complaints: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
    child.once('error', reject)
    child.stdin.on('error', () => undefined)
    child.once('close', (code, signal) => {
      if (code === 0) return settle(Buffer.concat(out))
      const said = Buffer.concat(complaints).toString().trim().slice(-2000)
      reject(new Error(`${file} ${args.slice(0, 3).join(' ')} … failed (${signal ?? code}): ${said}`))
    })
    child.stdin.end(options.input)
  })
}
