import type { RunnerSpec } from '../runner-spec.ts'
import { BINARY_FIELD, EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const OPEN_WEBUI_SPEC: RunnerSpec = {
  kind: 'open-webui',
  name: 'Open WebUI',
  summary: 'A chat page for Ollama and other servers.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8080,
  image: 'ghcr.io/open-webui/open-webui:main',
  fields: [
    {
      key: 'ollamaUrl',
      type: 'text',
      label: 'Address of Ollama',
      help: 'Empty takes the Ollama of this machine, or the one in its image.',
      default: '',
      placeholder: 'http://127.0.0.1:11434',
      advanced: false
    },
    {
      key: 'openAiUrl',
      type: 'text',
      label: 'Address of an OpenAI-like server',
      help: 'A llama.cpp, vLLM, SGLang or TensorRT-LLM server to chat with, ending in /v1; empty for none.',
      default: '',
      placeholder: 'http://127.0.0.1:8000/v1',
      advanced: false
    },
    {
      key: 'auth',
      type: 'flag',
      label: 'Ask people to log in',
      help: 'Off lets everyone in who can reach its port. It cannot be switched off once there are accounts.',
      default: true,
      advanced: false
    },
    {
      key: 'dataDir',
      type: 'text',
      label: 'Data folder',
      help: 'Accounts, chats and files are kept here; in a container, mount a folder at /app/backend/data instead.',
      default: '~/.local/share/open-webui',
      placeholder: '~/.local/share/open-webui',
      advanced: true
    },
    BINARY_FIELD,
    PORT_FIELD,
    EXTRA_ARGS_FIELD
  ]
}
