import { useChat } from '@ai-sdk/react';

export default function Page() {
  const { messages, sendMessage } = useChat();
  return <button onClick={() => sendMessage({ text: 'Where is my parcel?' })}>{messages.length}</button>;
}
