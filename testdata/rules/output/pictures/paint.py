from google import genai

client = genai.Client()


class ImageGenerator:
    def draw(self, subject, user_name):
        prompt = f"A portrait for {user_name}. " + "The light falls from the left, the colours are muted, and the hands rest. " * 12
        return client.models.generate_content(model=self.model, contents=prompt)

    def describe_image(self, image):
        return client.models.generate_content(model="gemini-2.5-flash", contents=[image, "Describe it."])
