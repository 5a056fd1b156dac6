import React from 'react';

export function Page({ title, items }: Props) {
  const [text, setText] = useState<string>('');
  const generic = <T,>(value: T) => value;
  return (
    <Layout title={title} note="a &amp; b" {...rest}>
      {/* nothing */}
      <>
        {items.map((item) => <Item key={item.id} onClick={() => ask(item)} />)}
      </>
      plain words
    </Layout>
  );
}
