import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron'
import {
  COMMAND_NAMES,
  EVENT_CHANNEL,
  PROTOCOL_VERSION,
  REQUEST_CHANNEL
} from '../shared/contract/channels.ts'

let nextId = 0

// Only names of the contract pass; the main process parses everything again.
contextBridge.exposeInMainWorld('firebreak', {
  request(command: string, input: unknown): Promise<unknown> {
    if (!(COMMAND_NAMES as readonly string[]).includes(command)) {
      return Promise.reject(new Error(`unknown command ${command}`))
    }
    nextId += 1
    return ipcRenderer.invoke(REQUEST_CHANNEL, { v: PROTOCOL_VERSION, id: nextId, command, input })
  },
  onEvent(listener: (message: unknown) => void): () => void {
    const forward = (_event: IpcRendererEvent, message: unknown): void => listener(message)
    ipcRenderer.on(EVENT_CHANNEL, forward)
    return () => ipcRenderer.removeListener(EVENT_CHANNEL, forward)
  }
})
