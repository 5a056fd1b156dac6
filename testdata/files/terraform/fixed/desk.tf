# The desk of a ferry line.
locals {
  clerk = <<-EOT
    You answer questions about a small ferry line that runs between four islands.
    Name the pier, the day and the fare in every answer, and nothing that was not asked for.
    Dogs travel free on a lead; bicycles pay half a fare and stand on the lower deck.
      When the wind is over seven the northern pier is closed: send people to ${var.office}.
    Never promise a seat. Groups of more than nine book two days ahead, by telephone only.
    If a question is about another line, say so in one sentence and give the number of the office.

    Write in the language of the question, in two sentences at most, without greetings.
    It is {{current_time}}.
  EOT
}

resource "aws_bedrockagent_prompt" "desk" {
  name = "desk" # shown in the console

  variant {
    name          = "one"
    model_id      = var.model
    template_type = "TEXT"

    template_configuration {
      text {
        input_variable { name = "current_time" }
        text = local.clerk
      }
    }
  }

  variant {
    name          = "two"
    model_id      = "amazon.nova-lite-v1:0"
    template_type = "CHAT"

    inference_configuration {
      text { max_tokens = 300 }
    }
    template_configuration {
      chat {
        system {
          text = "You say which pier a ferry leaves from.\nSay \"none\" if there is no such ferry."
        }
        message {
          role = "user"
          content { text = "{{question}}" }
        }
      }
    }
  }
}

resource "aws_bedrockagent_agent" "clerk" {
  agent_name       = "clerk"
  foundation_model = "amazon.nova-lite-v1:0"
  instruction      = file("${path.module}/clerk.txt")
}

resource "aws_s3_bucket" "tickets" {
  bucket = "tickets"
}
