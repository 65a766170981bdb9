import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import type { Panel } from './pages/panel.ts'
import { SMALL, useMadeUpPanel } from './support/made-up-panel.ts'

/** The built panel on a made-up core that has runners of many kinds. */
describe('a panel for every runner', () => {
  const madeUp = useMadeUpPanel()
  let page: Page
  let panel: Panel
  let sent: { command: string; input: unknown }[] = []

  const show = async (scenario: string = 'kinds', viewport = { width: 1280, height: 800 }): Promise<void> => {
    panel = await madeUp.show(scenario, viewport)
    page = panel.page
    sent = []
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => sent.push(JSON.parse(String(payload)) as (typeof sent)[number]))
    )
    await page.reload()
    await page.getByRole('status').waitFor()
  }
  const inputOf = (command: string): unknown => sent.find((one) => one.command === command)?.input

  it('a runner that was started elsewhere is stopped after a question that names what is lost', async () => {
    await show()
    const stop = page.getByRole('button', { name: 'Stop sglang, pid 61000' })
    await stop.click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('cannot start it again').waitFor()
    await dialog.getByRole('button', { name: 'Keep it' }).click()
    expect(inputOf('runners.stop-found')).toBeUndefined()
    await stop.click()
    await dialog.getByRole('button', { name: 'Stop sglang' }).click()
    await page.getByText('Stopped sglang.').waitFor()
    expect(inputOf('runners.stop-found')).toEqual({ pid: 61_000, startTicks: 7_700 })
    await stop.waitFor({ state: 'detached' })
  })

  it('one that cannot be stopped says why, and its buttons do nothing', async () => {
    await show()
    await page.getByText('Stop it with: systemctl stop jupyter.service').waitFor()
    await page.getByRole('button', { name: 'Stop JupyterLab, pid 1201' }).click({ force: true })
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  it('a stuck runner says why and is restarted from its card', async () => {
    await show()
    const card = panel.card('comfyui')
    await card.getByText('Stuck', { exact: true }).waitFor()
    await card.getByRole('button', { name: 'Restart comfyui' }).click()
    await until('a stop and a start', () => sent.some((one) => one.command === 'runners.start'))
    expect(inputOf('runners.stop')).toEqual({ id: 'comfyui' })
    await card.getByText('Only Stop gives memory back.').waitFor()
    expect(await card.getByRole('button', { name: 'Free memory of comfyui' }).count()).toBe(0)
  })

  it('models inside a runner are unloaded and loaded on their own', async () => {
    await show()
    const card = panel.card('ollama')
    await card.getByRole('button', { name: 'Unload llama3.2:3b' }).click()
    await until('the command', () => inputOf('runners.unload-model') !== undefined)
    expect(inputOf('runners.unload-model')).toEqual({ id: 'ollama', model: 'llama3.2:3b' })
    await card.getByRole('button', { name: 'Load qwen3:8b' }).click()
    await until('the command', () => inputOf('runners.load-model') !== undefined)
  })

  it('training shows its loss, and stops after a checkpoint when asked and confirmed', async () => {
    await show()
    const card = panel.card('llama-8b-lora')
    await card.getByRole('img', { name: /^Loss curve: from/ }).waitFor()
    await card.getByText(/of 1500 steps/).waitFor()
    await card.getByRole('button', { name: 'Stop llama-8b-lora after the next checkpoint' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop after the checkpoint' }).click()
    await card.getByText('It stops after the next checkpoint.').waitFor()
    expect(inputOf('runners.stop-after-checkpoint')).toEqual({ id: 'llama-8b-lora' })
  })

  it('jobs move and are cancelled', async () => {
    await show()
    const jobs = page.getByRole('region', { name: 'Jobs' })
    await panel.changes(jobs.getByText(/of 59\.0/))
    await jobs.getByRole('button', { name: /^Cancel download/ }).click()
    await jobs.getByText('Cancelled. What is there stays.').waitFor()
    await jobs.getByRole('button', { name: /^Dismiss download/ }).click()
    await jobs.getByText('ggml-org/gpt-oss-120b-GGUF').waitFor({ state: 'detached' })
  })

  it('a new profile of another kind: its form, the command as one types, the network’s warning', async () => {
    await show()
    await panel.go('Models')
    await panel.newOf('vLLM')
    await page.getByLabel('Model', { exact: true }).fill('owner/some-model')
    const command = page.getByLabel('As it will be run', { exact: true })
    await command.getByText('--model owner/some-model').waitFor()
    await command.getByText('--gpus all').waitFor()
    await page.getByLabel(/^Other machines on the network too/).check()
    await page.getByText('most of these programs ask for no password').waitFor()
    await page.getByLabel(/^In a container/).uncheck()
    await until('a command of this machine', async () => !(await command.innerText()).includes('docker'))
    await page.getByRole('button', { name: 'Save profile' }).click()
    await page.getByRole('button', { name: 'Edit some-model' }).waitFor()
    expect(inputOf('profiles.save')).toMatchObject({
      kind: 'vllm',
      modelPath: 'owner/some-model',
      lan: true,
      container: null
    })
  })

  it('a secret is not shown until asked for', async () => {
    await show()
    await panel.go('Models')
    await page.getByRole('button', { name: 'Edit qwen3-32b-vllm' }).click()
    const value = page.getByLabel('Value of variable 1')
    expect(await value.getAttribute('type')).toBe('password')
    await page.getByRole('button', { name: 'Show secrets' }).click()
    expect(await value.getAttribute('type')).toBe('text')
  })

  it('what is not installed shows its vendor’s steps and runs those that need no administrator', async () => {
    await show()
    await panel.go('Models')
    await panel.newOf('LM Studio', 'Set up')
    await page.getByText('Needs the administrator').waitFor()
    await page.getByRole('button', { name: 'Run the steps for LM Studio' }).click()
    await page.getByRole('region', { name: 'Jobs' }).getByText('LM Studio').waitFor()
    expect(inputOf('runners.run-set-up')).toEqual({ kind: 'lmstudio' })
  })

  it('a playbook whose model is missing offers its download, one whose model is here its start', async () => {
    await show()
    await panel.go('Models')
    await page.getByRole('button', { name: /^Download Llama-3.3-70B, QLoRA/ }).click()
    await page.getByRole('region', { name: 'Jobs' }).getByText('meta-llama/Llama-3.3-70B-Instruct').waitFor()
    await panel.startButton('Open WebUI on Ollama').waitFor()
    expect(await panel.startButton('Llama-3.3-70B, QLoRA').count()).toBe(0)
  })

  it('profiles are exported to a file, and a file that is none is named', async () => {
    await show()
    await panel.go('Models')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export all profiles' }).click()
    expect((await download).suggestedFilename()).toBe('profiles.firebreak.json')
    await page
      .getByLabel('File of profiles')
      .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('garbage') })
    await page.getByText('garbage: it is no profile of Firebreak.').waitFor()
  })

  it('looks for runners elsewhere only while the Overview is shown', async () => {
    await show()
    await until('a look', () => inputOf('runners.found') !== undefined)
    await panel.go('Models')
    const looks = (): number => sent.filter((one) => one.command === 'runners.found').length
    const before = looks()
    const jobs = page.getByRole('region', { name: 'Jobs' })
    await panel.changes(jobs.getByText(/of 59\.0/))
    expect(looks()).toBe(before)
  })

  it('the forms of all kinds fit a small window', async () => {
    await show('kinds', SMALL)
    await panel.go('Models')
    const names = await page
      .getByRole('button', { name: 'New…' })
      .click()
      .then(() => page.getByRole('button', { name: /^New ./ }).allInnerTexts())
    expect(names.length).toBeGreaterThanOrEqual(12)
    const buttons = page.getByRole('button', { name: /^New [^…]/ })
    for (let at = 0; at < (await buttons.count()); at += 1) {
      await buttons.nth(at).click()
      const more = page.getByText('Advanced', { exact: true })
      await more.click()
      const overflow = await page.evaluate(() => {
        const main = document.querySelector('main')
        return (main?.scrollWidth ?? 0) - (main?.clientWidth ?? 0)
      })
      expect(overflow).toBe(0)
      await page.getByRole('button', { name: 'Choose another' }).click()
    }
  })
})
