"""Run again on each interaction of each user."""

import streamlit as st
from langchain_openai import AzureChatOpenAI

st.title("Gardens")
page_model = AzureChatOpenAI(azure_deployment="chat")
if prompt := st.chat_input("Ask"):
    st.write(page_model.invoke(f"A title for: {prompt}").content)
